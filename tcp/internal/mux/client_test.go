package mux

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// dial connects a Client to the server at addr, and closes it when t ends.
func dial(t *testing.T, addr string) *Client {
	t.Helper()
	conn := testkit.DialTCP(t, addr)
	c := NewClient(conn, conn, 4<<20)
	t.Cleanup(func() {
		if err := testkit.Within(t, "the client's Close", c.Close); err != nil {
			t.Errorf("the client's Close: %v", err)
		}
	})
	return c
}

// A request is a request that a server of these tests has read.
type request struct {
	number uint64
	p      *payload.Payload
}

// readRequests reads n requests.
func readRequests(r *reader, n int) ([]request, error) {
	var all []request
	for range n {
		number, body, err := r.next()
		if err != nil {
			return nil, err
		}
		p := new(payload.Payload)
		if err := stream.DecodeFrame(body, p); err != nil {
			return nil, err
		}
		payload.Stamp(p)
		all = append(all, request{number, p})
	}
	return all, nil
}

// Replies may come in any order, and the ids of requests may be equal.
func TestAnyOrder(t *testing.T) {
	const calls = 20
	addr := testkit.Serve(t, func(conn net.Conn) {
		all, err := readRequests(newReader(conn, 1<<10), calls)
		if err != nil {
			return
		}
		for i := len(all) - 1; i >= 0; i-- {
			conn.Write(appendFrame(nil, all[i].number, all[i].p))
		}
		io.Copy(io.Discard, conn)
	})
	c := dial(t, addr)
	done := make(chan error, calls)
	for i := range calls {
		go func() {
			req, reply := &payload.Payload{Data: payload.Body(i+1, uint64(i))}, new(payload.Payload)
			err := c.Echo(testkit.Context(t), req, reply)
			if err == nil && !bytes.Equal(reply.Data, req.Data) {
				err = errors.New("the reply belongs to another call")
			}
			done <- err
		}()
	}
	for range calls {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// A cancelled call does not affect the connection. The late reply to it is
// discarded, and so is a reply to a request that was never sent.
func TestCancel(t *testing.T) {
	cancelled, seen := make(chan struct{}), make(chan struct{})
	addr := testkit.Serve(t, func(conn net.Conn) {
		r := newReader(conn, 1<<10)
		first, err := readRequests(r, 1)
		if err != nil {
			return
		}
		close(seen)
		<-cancelled
		second, err := readRequests(r, 1)
		if err != nil {
			return
		}
		conn.Write(appendFrame(nil, first[0].number, first[0].p))
		conn.Write(appendFrame(nil, 1<<63|12345, first[0].p))
		conn.Write(appendFrame(nil, second[0].number, second[0].p))
		io.Copy(io.Discard, conn)
	})
	c := dial(t, addr)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- c.Echo(ctx, &payload.Payload{Id: 1, Data: []byte("first")}, new(payload.Payload))
	}()
	<-seen
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Echo: error %v, want context.Canceled", err)
	}
	close(cancelled)
	var reply payload.Payload
	if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 2, Data: []byte("second")}, &reply); err != nil || string(reply.Data) != "second" {
		t.Errorf("Echo after a cancelled one: %q, %v; want its own reply", reply.Data, err)
	}
}

// The loss of a connection ends all of its calls with the cause.
func TestFailure(t *testing.T) {
	const calls = 5
	addr := testkit.Serve(t, func(conn net.Conn) {
		if _, err := readRequests(newReader(conn, 1<<10), calls); err == nil {
			conn.Write(prefixed(1 << 31))
		}
		io.Copy(io.Discard, conn)
	})
	c := dial(t, addr)
	done := make(chan error, calls)
	for range calls {
		go func() {
			done <- c.Echo(testkit.Context(t), &payload.Payload{}, new(payload.Payload))
		}()
	}
	for range calls {
		if err := <-done; !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("Echo on a connection with a reply over the limit: error %v, want the cause, ErrTooLarge", err)
		}
	}
	if err := testkit.Echo(t.Context(), c, 7, 1); err == nil || !strings.Contains(err.Error(), "exceeds the limit") {
		t.Errorf("Echo on a broken connection: error %v, want the cause", err)
	}
	c.Close()
	if err := testkit.Echo(t.Context(), c, 7, 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Echo after Close: error %v, want net.ErrClosed", err)
	}
}

// While a server does not read, callers wait, and the requests that are kept are
// bounded. The calls still end with their contexts.
func TestServerThatDoesNotRead(t *testing.T) {
	held := make(chan struct{})
	addr := testkit.Serve(t, func(conn net.Conn) { <-held })
	t.Cleanup(func() { close(held) }) // before the server's Close, which waits for the handler
	c := dial(t, addr)
	c.conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
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
func awaitCallers(t *testing.T, m *Client, callers, size int) (waiting int) {
	t.Helper()
	limit := maxPending + len(m.queues)*(size+frameHeader+payload.Overhead)
	for end := time.Now().Add(testkit.Hang); ; runtime.Gosched() {
		waiting, inFlight, pending := state(m)
		if pending > limit {
			t.Fatalf("%d bytes wait for the writer, want at most %d", pending, limit)
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
func state(m *Client) (waiting, inFlight, pending int) {
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
