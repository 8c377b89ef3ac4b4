package tcp

import (
	"context"
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// While a server does not read, callers wait, and the requests that are kept are
// bounded. The calls still end with their contexts.
func TestMuxServerThatDoesNotRead(t *testing.T) {
	held := make(chan struct{})
	addr := testkit.Serve(t, func(conn net.Conn) { <-held })
	t.Cleanup(func() { close(held) }) // before the server's Close, which waits for the handler
	c := testkit.Dial(t, &Transport{Mux: true, SocketWriteBuffer: 16 << 10}, addr).(*mux)
	const callers, size = 100, 256 << 10
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, callers)
	for range callers {
		go func() {
			done <- c.Echo(ctx, &payload.Payload{Data: make([]byte, size)}, new(payload.Payload))
		}()
	}
	if waiting := awaitCallers(t, c, callers, size); waiting == 0 {
		t.Error("no caller waits for room")
	}
	cancel()
	for range callers {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Echo: error %v, want context.Canceled", err)
		}
	}
	if waiting, inFlight, _ := state(c); inFlight != 0 || waiting != 0 {
		t.Errorf("%d calls are in flight and %d are waiting after all calls have ended", inFlight, waiting)
	}
}

// awaitCallers waits until so many callers are in flight or wait for room, and
// returns how many wait. It checks that the bytes for the writer are bounded.
func awaitCallers(t *testing.T, m *mux, callers, size int) (waiting int) {
	t.Helper()
	most := pendingMax + len(m.queues)*(size+muxHeader+payload.Overhead)
	for end := time.Now().Add(testkit.Hang); ; runtime.Gosched() {
		waiting, inFlight, pending := state(m)
		if pending > most {
			t.Fatalf("%d bytes wait for the writer, want at most %d", pending, most)
		}
		if waiting+inFlight == callers {
			return waiting
		}
		if time.Now().After(end) {
			t.Fatalf("%d callers wait and %d are in flight, want %d together", waiting, inFlight, callers)
		}
	}
}

// state returns how many calls wait for room, how many are in flight, and how many
// bytes wait for the writer.
func state(m *mux) (waiting, inFlight, pending int) {
	for i := range m.queues {
		q := &m.queues[i]
		q.mu.Lock()
		defer q.mu.Unlock()
		waiting += len(q.waiting)
		for _, s := range q.slots {
			if s.call != nil {
				inFlight++
			}
		}
		pending += len(q.out)
	}
	return waiting, inFlight, pending
}
