package grpcecho

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
)

// A census counts a server's calls.
type census struct{ unary, streams, open atomic.Int64 }

func (n *census) options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			n.unary.Add(1)
			return handle(ctx, req)
		}),
		grpc.StreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			n.streams.Add(1)
			n.open.Add(1)
			defer n.open.Add(-1)
			return handle(srv, ss)
		}),
	}
}

// dialStream starts tr's server, with streams, and dials it.
func dialStream(t *testing.T, tr *Transport) (*streamClient, *server, *census) {
	t.Helper()
	calls := new(census)
	tr.Stream, tr.server = true, calls.options()
	srv := listenAndServe(t, tr)
	c, err := tr.Dial(bounded(t), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*streamClient), srv, calls
}

// echoOK is an echo that must succeed.
func echoOK(t *testing.T, ctx context.Context, c echo.Client, id uint64) {
	t.Helper()
	var reply payload.Payload
	if err := c.Echo(ctx, &payload.Payload{Id: id, Data: []byte("x")}, &reply); err != nil || reply.Id != id {
		t.Errorf("Echo: %v, id %d, want %d", err, reply.Id, id)
	}
}

func TestOneStreamAWorker(t *testing.T) {
	const workers, rounds = 50, 20
	c, _, calls := dialStream(t, &Transport{})
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			ctx := bounded(t)
			for range rounds {
				echoOK(t, ctx, c, uint64(w))
			}
		})
	}
	wg.Wait()
	// Those that watch a context are usable by a caller with another.
	for w := range workers {
		echoOK(t, bounded(t), c, uint64(w))
	}
	if got := calls.streams.Load(); got < 1 || got > workers {
		t.Errorf("%d streams for %d workers, want 1 to as many", got, workers)
	}
	if got := calls.unary.Load(); got != 0 {
		t.Errorf("%d unary calls, want none", got)
	}
}

// A stream whose call was given up must not give its answer to the next one.
func TestCancelResetsTheStream(t *testing.T) {
	calls := new(census)
	tr := &Transport{Stream: true, server: calls.options()}
	p, client := proxied(t, tr)
	ctx, cancel := context.WithCancel(bounded(t))
	echoOK(t, ctx, client, 1)
	p.Hold()
	before := p.Sent()
	done := make(chan error, 1)
	go func() { done <- client.Echo(ctx, &payload.Payload{Id: 2, Data: make([]byte, 100)}, &payload.Payload{}) }()
	if err := p.AwaitSent(bounded(t), before+100); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := receive(t, done); !errors.Is(err, context.Canceled) {
		t.Errorf("Echo: %v, want context.Canceled", err)
	}
	p.Release()
	for id := uint64(3); id < 10; id++ {
		echoOK(t, bounded(t), client, id)
	}
	if got := calls.streams.Load(); got != 2 {
		t.Errorf("%d streams, want 2: one was reset", got)
	}
}

// A context that ends between two calls resets the stream that watched it, and
// nobody notices.
func TestContextEndsBetweenCalls(t *testing.T) {
	c, _, calls := dialStream(t, &Transport{})
	for id := range uint64(20) {
		ctx, cancel := context.WithCancel(bounded(t))
		echoOK(t, ctx, c, id)
		cancel()
	}
	echoOK(t, context.Background(), c, 1)
	echoOK(t, context.Background(), c, 2)
	if got := calls.streams.Load(); got < 2 || got > 21 {
		t.Errorf("%d streams, want one for each context at most", got)
	}
}

func TestStreamClientTooLarge(t *testing.T) {
	const limit = 1 << 10
	calls := new(census)
	srv := listenAndServe(t, &Transport{MaxSize: limit, server: calls.options()})
	c, err := (&Transport{Stream: true}).Dial(bounded(t), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, n := range []int{limit + 1, 4 << 20, 4<<20 + 1} {
		if err := c.Echo(bounded(t), &payload.Payload{Id: 1, Data: make([]byte, n)}, &payload.Payload{}); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("%d bytes: %v, want ErrTooLarge", n, err)
		}
		echoOK(t, bounded(t), c, 2)
	}
	if got := calls.streams.Load(); got != 3 {
		t.Errorf("%d streams, want 3: the server refused on two of them, and the client itself once", got)
	}
}

// A streamingServer does with a stream what its function does.
type streamingServer struct {
	echopb.UnimplementedEchoServer
	echo func(grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error
}

func (s *streamingServer) EchoStream(stream grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error {
	return s.echo(stream)
}

func TestServerEndsTheStream(t *testing.T) {
	addr := serve(t, &streamingServer{echo: func(stream grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error {
		for {
			p, err := stream.Recv()
			if err != nil || p.Id == 0 {
				return err // without an answer, and as if all were well
			}
			if err := stream.Send(p); err != nil {
				return err
			}
		}
	}})
	c := &streamClient{client: dial(t, addr, 1<<10)}
	defer c.Close()
	for range 3 {
		if err := c.Echo(bounded(t), &payload.Payload{}, &payload.Payload{}); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "grpcecho: the server closed the stream") {
			t.Errorf("Echo: %v, want that the server closed the stream", err)
		}
		echoOK(t, bounded(t), c, 1)
	}
}

func TestLostConnectionDropsStreams(t *testing.T) {
	const workers = 10
	c, srv, _ := dialStream(t, &Transport{})
	for range workers { // as if so many calls had been in flight
		s, err := c.open(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
		c.put(s)
	}
	srv.Close()
	if err := c.Echo(bounded(t), &payload.Payload{Id: 1}, &payload.Payload{}); err == nil {
		t.Error("Echo over a lost connection: no error")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := len(c.idle); got != 0 {
		t.Errorf("%d idle streams are left of a lost connection", got)
	}
}

func TestStreamClientCloseEndsItsStreams(t *testing.T) {
	const workers = 8
	c, srv, calls := dialStream(t, &Transport{})
	for range workers {
		s, err := c.open(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SendMsg(&payload.Payload{}); err != nil {
			t.Fatal(err)
		}
		if err := s.RecvMsg(&payload.Payload{}); err != nil { // the server has it
			t.Fatal(err)
		}
		c.put(s)
	}
	if got := calls.open.Load(); got != workers+1 {
		t.Errorf("%d streams are open at the server, want %d", got, workers+1)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if c.idle != nil {
		t.Errorf("%d idle streams after Close", len(c.idle))
	}
	srv.Close() // waits for the handlers
	if got := calls.open.Load(); got != 0 {
		t.Errorf("%d streams are open at the server after Close", got)
	}
}

func TestPipelineErrors(t *testing.T) {
	const limit = 1 << 10
	c, _, _ := dialStream(t, &Transport{MaxSize: limit})
	if p, err := c.Pipeline(bounded(t), 0); err == nil || !strings.Contains(err.Error(), "grpcecho: depth 0: want 1 or more") {
		t.Errorf("depth 0: %v, %v", p, err)
	}
	p, err := c.Pipeline(bounded(t), 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Send(&payload.Payload{Data: make([]byte, limit+1)}); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("Send of too much: %v, want ErrTooLarge", err)
	}
	for id := range uint64(4) {
		if err := p.Send(&payload.Payload{Id: id, Data: make([]byte, limit)}); err != nil {
			t.Fatal(err)
		}
	}
	for id := range uint64(4) {
		var reply payload.Payload
		if err := p.Receive(&reply); err != nil || reply.Id != id || len(reply.Data) != limit {
			t.Errorf("Receive: %v, id %d, %d bytes, want id %d", err, reply.Id, len(reply.Data), id)
		}
	}
	p.Close()
	if err := p.Send(&payload.Payload{Id: 1}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after Close: %v, want net.ErrClosed", err)
	}
	if err := p.Receive(&payload.Payload{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive after Close: %v, want net.ErrClosed", err)
	}

	ctx, cancel := context.WithCancel(bounded(t))
	if p, err = c.Pipeline(ctx, 4); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := p.Receive(&payload.Payload{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Receive, the context having ended: %v, want context.Canceled", err)
	}
	if err := p.Send(&payload.Payload{Id: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("Send, the context having ended: %v, want context.Canceled", err)
	}
	p.Close()
	if _, err := c.Pipeline(ctx, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("Pipeline, the context having ended: %v, want context.Canceled", err)
	}

	c.Close()
	if _, err := c.Pipeline(bounded(t), 4); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Pipeline after the Client's Close: %v, want net.ErrClosed", err)
	}
}

// Only streams can have several requests in flight.
func TestOnlyStreamsPipeline(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	for _, stream := range []bool{false, true} {
		c, err := (&Transport{Stream: stream}).Dial(bounded(t), srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, ok := c.(echo.Pipeliner); ok != stream {
			t.Errorf("Stream %t: the client is a Pipeliner: %t", stream, ok)
		}
	}
}
