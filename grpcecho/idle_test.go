package grpcecho

import (
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
)

// soon is a time limit that has passed when a test looks for its effect.
const soon = 50 * time.Millisecond

// A server does not keep a connection without a message, whatever else arrives on it.
func TestFirstTimeout(t *testing.T) {
	srv := listen(t, &Transport{firstTimeout: soon})
	calling := dialRaw(t, srv.Addr())
	calling.Write(headers(1, ""))
	for _, silent := range []*rawConn{dialRaw(t, srv.Addr()), calling} {
		testkit.Receive(t, "the end of a silent connection", silent.ended)
	}
	eventually(t, "no connection left", func() bool { return srv.listener.Conns.Len() == 0 })

	c := newTestClient(t, srv.Addr(), 4<<20)
	eventually(t, "an Echo that begins in time", func() bool { return testkit.Echo(t.Context(), c, 1, 64) == nil })
	time.Sleep(4 * soon)
	if n := srv.listener.Conns.Len(); n != 1 {
		t.Errorf("%d connections of a client that is silent after its first message, want 1", n)
	}
}

// With IdleTimeout, a server does not keep a connection on which no message arrives
// any more. A unary client connects again.
func TestIdleTimeout(t *testing.T) {
	srv := listen(t, &Transport{IdleTimeout: soon, firstTimeout: time.Hour})
	c := testkit.Dial(t, &Transport{}, srv.Addr())
	for range 3 {
		eventually(t, "an Echo on a new connection", func() bool { return testkit.Echo(t.Context(), c, 1, 64) == nil })
		eventually(t, "no connection left", func() bool { return srv.listener.Conns.Len() == 0 })
	}
}

// A connection is idle if its last message is older than IdleTimeout, and not if the
// timer has only not been set again since an earlier message.
func TestExpire(t *testing.T) {
	c, fake := newFake(t, 1<<20)
	c.idle = time.Hour
	transfer(c, fake, true, frame{0, frameHeaders, 0, 1})
	for range 3 {
		transfer(c, fake, true, frame{100, frameData, 0, 1})
		c.expire()
		if fake.closed {
			t.Fatal("a connection was closed after a message")
		}
	}
	c.last = c.last.Add(-2 * c.idle)
	c.expire()
	if !fake.closed {
		t.Error("an idle connection was not closed")
	}
}
