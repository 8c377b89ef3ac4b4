//go:build cgo && !nozmq && unix

package poll

import (
	"context"
	"testing"
	"time"

	"github.com/pebbe/zmq4"
	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/internal/test/zmqtest"
	"github.com/echobench/echobench/zmqecho/internal/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newReceiver returns a Receiver for a connection to the server at addr.
func newReceiver(t *testing.T, addr string) *Receiver {
	t.Helper()
	clients := new(socket.Shared)
	z, err := clients.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { clients.Release() })
	d := socket.Dialer{Clients: clients, Context: z, Endpoint: "tcp://" + addr, Limit: 1 << 10}
	c, err := d.Connect(testkit.Context(t), context.Background(), zmq4.REQ)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	r, err := NewReceiver(c, context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// A call is seldom woken without a reply, because it then looks whether its connection
// is lost, which takes a system call.
func TestFewCallsAreWokenInVain(t *testing.T) {
	const calls, maxInVain = 2000, 2000 / 100
	addr, _ := zmqtest.StartRouter(t, 100*time.Millisecond, func(s *zmq4.Socket) {
		if parts, err := s.RecvMessageBytes(0); err == nil {
			s.SendMessage(parts)
		}
	})
	r := newReceiver(t, addr)
	inVain, try := 0, r.try
	r.try = func(fd uintptr) bool {
		woken := r.woken
		done := try(fd)
		if woken && !done {
			inVain++
		}
		return done
	}
	ctx := testkit.Context(t)
	for range calls {
		if _, err := r.conn.Socket.SendBytes([]byte("request"), zmq4.DONTWAIT); err != nil {
			t.Fatal(err)
		}
		if message, err := r.Receive(ctx); err != nil || string(message) != "request" {
			t.Fatalf("the reply is %q, error %v", message, err)
		}
	}
	if inVain > maxInVain {
		t.Errorf("%d of %d calls were woken without a reply, want at most %d", inVain, calls, maxInVain)
	}
}
