//go:build cgo && !nozmq

package socket

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pebbe/zmq4"
	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/internal/test/zmqtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A Shared has one context from the first Acquire until the last Release.
func TestShared(t *testing.T) {
	var s Shared
	first, errFirst := s.Acquire()
	second, errSecond := s.Acquire()
	if errFirst != nil || errSecond != nil || first != second {
		t.Fatalf("two users have the contexts %p and %p, errors %v and %v; want one context", first, second, errFirst, errSecond)
	}
	if err := s.Release(); err != nil {
		t.Error(err)
	}
	if socket, err := first.NewSocket(zmq4.REQ); err != nil {
		t.Errorf("the context ended before its last user: %v", err)
	} else {
		socket.Close()
	}
	if err := s.Release(); err != nil {
		t.Error(err)
	}
	if _, err := first.NewSocket(zmq4.REQ); err != zmq4.ErrorContextClosed {
		t.Errorf("the context outlived its users: the error of NewSocket is %v", err)
	}
	if _, err := s.Acquire(); err != nil {
		t.Error(err)
	}
	if err := s.Release(); err != nil {
		t.Error(err)
	}
}

// TestLostBetweenParts: a DEALER socket that learns between the parts of a message that
// its connection is lost still receives what has arrived. libzmq looks for such news
// whenever it has received 100 parts, and the messages have three. How many messages
// are received before decides which part of a later one is the hundredth.
func TestLostBetweenParts(t *testing.T) {
	t.Parallel()
	for _, before := range []int{1, 40} {
		t.Run(fmt.Sprintf("after %d messages", before), func(t *testing.T) { testLostBetweenParts(t, before) })
	}
}

func testLostBetweenParts(t *testing.T, before int) {
	const messages = 200
	addr, stop := zmqtest.StartRouter(t, 100*time.Millisecond, func(s *zmq4.Socket) {
		request, err := s.RecvMessageBytes(0)
		if err != nil {
			return
		}
		s.SetLinger(testkit.Hang) // so that all replies are sent before the connection is closed
		for range messages {
			s.SendMessage(request)
		}
	})
	ctx := testkit.Context(t)
	c := connect(t, ctx, zmq4.DEALER, addr)
	if _, err := c.Socket.SendMessage("number", "", "request"); err != nil {
		t.Fatal(err)
	}
	received := 0
	for ctx.Err() == nil && received < before {
		received += receiveUpTo(t, c, before-received)
	}
	stop()
	for ctx.Err() == nil && !c.Lost() {
		time.Sleep(time.Millisecond)
	}
	if received += receiveUpTo(t, c, messages); received != messages {
		t.Errorf("%d messages were received, want all %d", received, messages)
	}
}

// connect opens a connection, which the end of the test closes.
func connect(t *testing.T, ctx context.Context, kind zmq4.Type, addr string) *Conn {
	t.Helper()
	clients := new(Shared)
	z, err := clients.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { clients.Release() })
	d := Dialer{Clients: clients, Context: z, Endpoint: "tcp://" + addr, Limit: 1 << 10}
	c, err := d.Connect(ctx, context.Background(), kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// receiveUpTo receives the messages that are there, at most n.
func receiveUpTo(t *testing.T, c *Conn, n int) (received int) {
	t.Helper()
	for ; received < n; received++ {
		parts, err := c.Socket.RecvMessageBytes(zmq4.DONTWAIT)
		if Again(err) {
			break
		}
		if err != nil || len(parts) != 3 {
			t.Fatalf("message %d has %d parts, error %v, want 3 parts", received, len(parts), err)
		}
	}
	return received
}
