//go:build cgo && !nozmq

package zmqecho

import (
	"fmt"
	"testing"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/internal/testkit"
)

// TestLostBetweenParts: a DEALER socket that learns between the parts of a message that
// its connection is lost still receives what has arrived. libzmq looks for such news
// whenever it has received 100 parts, and the messages have three. How many messages
// are received before decides which part of a later one is the hundredth.
func TestLostBetweenParts(t *testing.T) {
	for _, before := range []int{1, 40} {
		t.Run(fmt.Sprintf("after %d messages", before), func(t *testing.T) { testLostBetweenParts(t, before) })
	}
}

func testLostBetweenParts(t *testing.T, before int) {
	const messages = 200
	addr, stop := startRouter(t, 100*time.Millisecond, func(s *zmq4.Socket) {
		request, err := s.RecvMessageBytes(0)
		if err != nil {
			return
		}
		s.SetLinger(testkit.Hang) // so that all answers are sent before the connection is closed
		for range messages {
			s.SendMessage(request)
		}
	})
	tr := new(Transport)
	z, err := tr.clients.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer tr.clients.release()
	d := dialer{shared: &tr.clients, context: z, endpoint: "tcp://" + addr, limit: 1 << 10}
	ctx := testkit.Context(t)
	c, err := d.connect(ctx, zmq4.DEALER, ctx.Err)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, err := c.socket.SendMessage("number", "", "request"); err != nil {
		t.Fatal(err)
	}
	received := 0
	for ctx.Err() == nil && received < before {
		received += receiveUpTo(t, c, before-received)
	}
	stop()
	for ctx.Err() == nil && !c.lost() {
		time.Sleep(time.Millisecond)
	}
	if received += receiveUpTo(t, c, messages); received != messages {
		t.Errorf("%d messages were received, want all %d", received, messages)
	}
}

// receiveUpTo receives the messages that are there, n at most.
func receiveUpTo(t *testing.T, c *conn, n int) (received int) {
	t.Helper()
	for ; received < n; received++ {
		parts, err := c.socket.RecvMessageBytes(zmq4.DONTWAIT)
		if again(err) {
			break
		}
		if err != nil || len(parts) != 3 {
			t.Fatalf("message %d has %d parts, error %v, want 3 parts", received, len(parts), err)
		}
	}
	return received
}
