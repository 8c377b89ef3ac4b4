package tcp

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
	"github.com/echobench/echobench/payload"
)

// A muxRequest is what a server of these tests has read.
type muxRequest struct {
	number uint64
	p      *payload.Payload
}

// readMux reads n requests, with the codec under test.
func readMux(r *muxReader, n int) ([]muxRequest, error) {
	var all []muxRequest
	for range n {
		number, body, err := r.next()
		if err != nil {
			return nil, err
		}
		p := new(payload.Payload)
		if err := decode(body, p); err != nil {
			return nil, err
		}
		all = append(all, muxRequest{number, p})
	}
	return all, nil
}

// Replies may come in any order, and ids may be equal.
func TestMuxAnyOrder(t *testing.T) {
	const calls = 20
	addr := serve(t, func(conn net.Conn) {
		all, err := readMux(newMuxReader(conn, 1<<10), calls)
		if err != nil {
			return
		}
		for i := len(all) - 1; i >= 0; i-- {
			conn.Write(appendMuxFrame(nil, all[i].number, all[i].p))
		}
		io.Copy(io.Discard, conn)
	})
	c := dial(t, &Transport{Conns: 1}, addr)
	done := make(chan error, calls)
	for i := range calls {
		go func() {
			req, reply := &payload.Payload{Data: payload.Body(i+1, uint64(i))}, new(payload.Payload)
			err := c.Echo(soon(t), req, reply)
			if err == nil && !bytes.Equal(reply.Data, req.Data) {
				err = errors.New("another call's reply")
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

// A cancelled call leaves the connection to the others; its late reply, and one
// that nobody asked for, are dropped.
func TestMuxCancel(t *testing.T) {
	cancelled, seen := make(chan struct{}), make(chan struct{})
	addr := serve(t, func(conn net.Conn) {
		r := newMuxReader(conn, 1<<10)
		first, err := readMux(r, 1)
		if err != nil {
			return
		}
		close(seen)
		<-cancelled
		second, err := readMux(r, 1)
		if err != nil {
			return
		}
		conn.Write(appendMuxFrame(nil, first[0].number, first[0].p))
		conn.Write(appendMuxFrame(nil, 1<<63|12345, first[0].p))
		conn.Write(appendMuxFrame(nil, second[0].number, second[0].p))
		io.Copy(io.Discard, conn)
	})
	c := dial(t, &Transport{Conns: 1}, addr)
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
	if err := c.Echo(soon(t), &payload.Payload{Id: 2, Data: []byte("second")}, &reply); err != nil || string(reply.Data) != "second" {
		t.Errorf("Echo after a cancelled one: %q, %v; want its own reply", reply.Data, err)
	}
}

// The loss of the connection ends all its calls, and no other connection's.
func TestMuxFailure(t *testing.T) {
	const calls = 5
	addr := serve(t, func(conn net.Conn) {
		if _, err := readMux(newMuxReader(conn, 1<<10), calls); err == nil {
			conn.Write(prefixed(1<<31, make([]byte, 8)...))
		}
		io.Copy(io.Discard, conn)
	})
	c := dial(t, &Transport{Conns: 1}, addr)
	done := make(chan error, calls)
	for range calls {
		go func() {
			done <- c.Echo(soon(t), &payload.Payload{}, new(payload.Payload))
		}()
	}
	for range calls {
		if err := <-done; !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("Echo on a connection with a reply over the limit: error %v, want the cause, ErrTooLarge", err)
		}
	}
	if _, err := echoN(t, c, 1); err == nil || !strings.Contains(err.Error(), "exceeds the limit") {
		t.Errorf("Echo on a broken connection: error %v, want the cause", err)
	}
	c.Close()
	if _, err := echoN(t, c, 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Echo after Close: error %v, want net.ErrClosed", err)
	}
}

// A server that does not read makes callers wait, whose requests are not kept;
// their contexts still end them, and what they leave is bounded.
func TestMuxWriterIsSlowed(t *testing.T) {
	held := make(chan struct{})
	addr := serve(t, func(conn net.Conn) { <-held })
	t.Cleanup(func() { close(held) }) // before the server's Close
	c := dial(t, &Transport{Conns: 1, WriteBuffer: 16 << 10}, addr).(*mux)
	const callers, size = 100, 256 << 10
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, callers)
	for range callers {
		go func() {
			done <- c.Echo(ctx, &payload.Payload{Data: make([]byte, size)}, new(payload.Payload))
		}()
	}
	// All callers are in a slot or wait for room.
	for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		waiting, inFlight, pending := state(c)
		if most := pendingMax + len(c.queues)*(size+muxHeader+payload.Overhead); pending > most {
			t.Fatalf("%d bytes wait for the writer, want no more than %d", pending, most)
		}
		if waiting+inFlight == callers {
			if waiting == 0 {
				t.Error("nobody waits for room")
			}
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d callers wait, %d are in flight; want %d together", waiting, inFlight, callers)
		}
	}
	cancel()
	for range callers {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Echo: error %v, want context.Canceled", err)
		}
	}
	if waiting, inFlight, _ := state(c); inFlight != 0 || waiting != 0 {
		t.Errorf("%d slots taken and %d waiting after all calls have ended", inFlight, waiting)
	}
}

// state tells how many calls wait for room, how many are in flight, and how many
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

// A client that does not read its replies is not read from for ever, and
// disturbs nobody else.
func TestMuxSlowReader(t *testing.T) {
	tr := &Transport{Conns: 1, ReadBuffer: 64 << 10, WriteBuffer: 64 << 10}
	addr := echo.StartServer(t, tr)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	message := appendMuxFrame(nil, 1, &payload.Payload{Data: payload.Body(60<<10, 1)})
	const most = 64 << 20 // far more than the kernel's buffers and ours
	sent := 0
	for sent < most {
		conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		n, err := conn.Write(message)
		sent += n
		if err != nil {
			break
		}
	}
	if sent >= most {
		t.Errorf("the server took %d bytes without a reply being read", sent)
	}
	if _, err := echoN(t, dial(t, tr, addr), 100); err != nil {
		t.Errorf("Echo by another client: %v", err)
	}
}

func TestPipeline(t *testing.T) {
	c := dial(t, &Transport{Conns: 1}, echo.StartServer(t, &Transport{Conns: 1})).(echo.Pipeliner)
	const depth, calls = 4, 20
	p, err := c.Pipeline(soon(t), depth)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sent := make(chan error, 1)
	go func() {
		for i := range calls {
			if err := p.Send(&payload.Payload{Id: uint64(i), Data: payload.Body(100, uint64(i))}); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	seen := map[uint64]bool{}
	var replies [calls]payload.Payload
	for i := range calls {
		reply := &replies[i]
		if err := p.Receive(reply); err != nil {
			t.Fatal(err)
		}
		seen[reply.Id] = true
	}
	for i := range replies {
		if !bytes.Equal(replies[i].Data, payload.Body(100, replies[i].Id)) {
			t.Errorf("reply %d has other data than its request", replies[i].Id)
		}
	}
	if err := <-sent; err != nil || len(seen) != calls {
		t.Errorf("Send: %v; %d different replies, want %d", err, len(seen), calls)
	}
	if _, err := c.Pipeline(t.Context(), 0); err == nil {
		t.Error("a pipeline of depth 0: no error")
	}
}

// A pipeline ends by its Close, its context or its connection.
func TestPipelineEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(client echo.Client, p echo.Pipeline, cancel func())
		want error
	}{
		{"Close", func(_ echo.Client, p echo.Pipeline, _ func()) { p.Close() }, net.ErrClosed},
		{"context", func(_ echo.Client, _ echo.Pipeline, cancel func()) { cancel() }, context.Canceled},
		{"client", func(client echo.Client, _ echo.Pipeline, _ func()) { client.Close() }, net.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			addr := serve(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
			client := dial(t, &Transport{Conns: 1}, addr).(*mux)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p, err := client.Pipeline(ctx, 2)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := p.Send(&payload.Payload{Data: []byte("x")}); err != nil {
					t.Fatal(err)
				}
			}
			done := make(chan error, 2)
			go func() { done <- p.Receive(new(payload.Payload)) }()
			if c.name != "client" { // whose calls come back as failed, so that a Send has room
				go func() { done <- p.Send(new(payload.Payload)) }()
			} else {
				done <- net.ErrClosed
			}
			c.end(client, p, cancel)
			for range 2 {
				select {
				case err := <-done:
					if !errors.Is(err, c.want) {
						t.Errorf("error %v, want %v", err, c.want)
					}
				case <-soon(t).Done():
					t.Fatal("Send or Receive hangs")
				}
			}
			for range 2 {
				if err := p.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
			if err := p.Send(new(payload.Payload)); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Send after Close: error %v, want net.ErrClosed", err)
			}
			if _, inFlight, _ := state(client); inFlight != 0 {
				t.Errorf("%d calls are in flight after Close", inFlight)
			}
		})
	}
}
