package grpcecho

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// A census counts the calls that a server has received.
type census struct{ unary, streams, open atomic.Int64 }

// options returns server options with which n counts.
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

// startStream starts a server with the given limit and connects a client that uses
// streams.
func startStream(t *testing.T, limit payload.Size) (*streamClient, *server, *census) {
	t.Helper()
	calls := new(census)
	tr := &Transport{MaxSize: limit, Stream: true, server: calls.options()}
	srv := listen(t, tr)
	return testkit.Dial(t, tr, srv.Addr()).(*streamClient), srv, calls
}

// echoOK makes an echo that must succeed. Unlike testkit.MustEcho, it passes ctx
// itself to Echo, so that a stream watches ctx.
func echoOK(t *testing.T, ctx context.Context, c echo.Client, id uint64) {
	t.Helper()
	var reply payload.Payload
	if err := c.Echo(ctx, &payload.Payload{Id: id, Data: []byte("x")}, &reply); err != nil || reply.Id != id {
		t.Errorf("Echo: error %v, id %d, want %d", err, reply.Id, id)
	}
}

func TestOneStreamForEachWorker(t *testing.T) {
	const workers, rounds = 50, 20
	c, _, calls := startStream(t, 0)
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			ctx := testkit.Context(t)
			for range rounds {
				echoOK(t, ctx, c, uint64(w))
			}
		})
	}
	running.Wait()
	// A caller with another context can use the streams that watch a context.
	for w := range workers {
		echoOK(t, testkit.Context(t), c, uint64(w))
	}
	if got := calls.streams.Load(); got < 1 || got > workers {
		t.Errorf("%d streams for %d workers, want 1 to %d", got, workers, workers)
	}
	if got := calls.unary.Load(); got != 0 {
		t.Errorf("%d unary calls, want none", got)
	}
}

// A stream whose call was cancelled does not deliver the late reply to the next
// call.
func TestCancelResetsTheStream(t *testing.T) {
	calls := new(census)
	client, p := testkit.StartProxied(t, &Transport{Stream: true, server: calls.options()})
	ctx, cancel := context.WithCancel(testkit.Context(t))
	echoOK(t, ctx, client, 1)
	p.Hold()
	before := p.Sent()
	done := make(chan error, 1)
	go func() {
		done <- client.Echo(ctx, &payload.Payload{Id: 2, Data: make([]byte, 100)}, new(payload.Payload))
	}()
	if err := p.AwaitSent(testkit.Context(t), before+100); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := testkit.Receive(t, "the end of the call", done); !errors.Is(err, context.Canceled) {
		t.Errorf("Echo: error %v, want context.Canceled", err)
	}
	p.Release()
	for id := uint64(3); id < 10; id++ {
		echoOK(t, testkit.Context(t), client, id)
	}
	if got := calls.streams.Load(); got != 2 {
		t.Errorf("%d streams, want 2, because one was reset", got)
	}
}

// A context that ends between two calls resets the stream that watched it, and the
// next call succeeds.
func TestContextEndsBetweenCalls(t *testing.T) {
	c, _, calls := startStream(t, 0)
	for id := range uint64(20) {
		ctx, cancel := context.WithCancel(testkit.Context(t))
		echoOK(t, ctx, c, id)
		cancel()
	}
	echoOK(t, context.Background(), c, 1)
	echoOK(t, context.Background(), c, 2)
	if got := calls.streams.Load(); got < 2 || got > 21 {
		t.Errorf("%d streams, want at most one for each of the 21 contexts", got)
	}
}

func TestStreamTooLarge(t *testing.T) {
	const limit = 1 << 10
	calls := new(census)
	srv := listen(t, &Transport{MaxSize: limit, server: calls.options()})
	c := testkit.Dial(t, &Transport{Stream: true}, srv.Addr())
	for _, n := range []int{limit + 1, 4 << 20, 4<<20 + 1} {
		if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 1, Data: make([]byte, n)}, new(payload.Payload)); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("Echo of %d bytes: error %v, want ErrTooLarge", n, err)
		}
		echoOK(t, testkit.Context(t), c, 2)
	}
	if got := calls.streams.Load(); got != 3 {
		t.Errorf("%d streams, want 3: the server rejected two requests, and the client one", got)
	}
}

func TestServerEndsTheStream(t *testing.T) {
	fake := &fakeServer{stream: func(stream grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error {
		for {
			p, err := stream.Recv()
			if err != nil || p.Id == 0 {
				return err // nil ends the stream with status OK and without a reply
			}
			if err := stream.Send(p); err != nil {
				return err
			}
		}
	}}
	c := &streamClient{client: newTestClient(t, fake.start(t), 1<<10)}
	defer c.Close()
	for range 3 {
		err := c.Echo(testkit.Context(t), new(payload.Payload), new(payload.Payload))
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "grpcecho: the server closed the stream") {
			t.Errorf("Echo: error %v, want that the server closed the stream", err)
		}
		echoOK(t, testkit.Context(t), c, 1)
	}
}

func TestLostConnectionClosesStreams(t *testing.T) {
	const workers = 10
	c, srv, _ := startStream(t, 0)
	for range workers { // as after so many calls in flight
		s, err := c.open(testkit.Context(t))
		if err != nil {
			t.Fatal(err)
		}
		c.put(s)
	}
	srv.Close()
	if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 1}, new(payload.Payload)); err == nil {
		t.Error("Echo over a lost connection succeeded")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := len(c.idle); got != 0 {
		t.Errorf("%d idle streams are left after the connection was lost", got)
	}
}

func TestCloseEndsIdleStreams(t *testing.T) {
	const workers = 8
	c, srv, calls := startStream(t, 0)
	for range workers {
		s, err := c.open(testkit.Context(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.roundTrip(new(payload.Payload), new(payload.Payload)); err != nil { // the server has the stream
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
