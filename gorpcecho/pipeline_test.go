package gorpcecho

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// A batch ends with its context. The client remains usable after it, and after a
// batch of which the server rejected a message.
func TestBatch(t *testing.T) {
	srv := serveHeld(t, 100)
	c := testkit.Dial(t, &Transport{}, srv.addr)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	batch := func(ctx context.Context, sizes ...int) {
		var reqs, replies []*payload.Payload
		for i, size := range sizes {
			reqs = append(reqs, &payload.Payload{Id: uint64(i), Data: payload.Body(size, 1), Timestamp: 1})
			replies = append(replies, new(payload.Payload))
		}
		done <- c.(echo.Batcher).EchoBatch(ctx, reqs, replies)
	}
	go batch(ctx, 1, 2, 3)
	srv.awaitArrival(t, 3)
	cancel()
	if err := testkit.Receive(t, "the end of EchoBatch", done); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that matches context.Canceled", err)
	}
	close(srv.release)
	go batch(t.Context(), 100, 101, 100)
	if err := testkit.Receive(t, "the end of EchoBatch", done); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("101 bytes to a server with a limit of 100: error %v, want one that matches ErrTooLarge", err)
	}
	testkit.MustEcho(t, c, 4, 100)
}

// A pipeline remains usable after a request that the server rejected, and ends with
// its client.
func TestPipelineEnds(t *testing.T) {
	c := testkit.Dial(t, &Transport{}, echo.StartServer(t, &Transport{MaxSize: 100})).(echo.Pipeliner)
	p, err := c.Pipeline(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range 5 {
		var reply payload.Payload
		if err := errors.Join(p.Send(&payload.Payload{Id: 1, Data: make([]byte, 101)}), p.Send(&payload.Payload{Id: uint64(i)})); err != nil {
			t.Fatal(err)
		}
		if err := testkit.Within(t, "Receive", func() error { return p.Receive(&reply) }); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("101 bytes to a server with a limit of 100: error %v, want one that matches ErrTooLarge", err)
		}
		if err := testkit.Within(t, "Receive", func() error { return p.Receive(&reply) }); err != nil || reply.Id != uint64(i) {
			t.Errorf("the next reply has id %d, error %v, want id %d and no error", reply.Id, err, i)
		}
	}
	c.Close()
	if err := p.Send(&payload.Payload{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after the client's Close: error %v, want one that matches net.ErrClosed", err)
	}
	if _, err := c.Pipeline(t.Context(), 1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Pipeline after Close: error %v, want one that matches net.ErrClosed", err)
	}
}

func TestPipelineDepth(t *testing.T) {
	c := testkit.Start(t, &Transport{}).(echo.Pipeliner)
	for _, depth := range []int{0, pending + 1} {
		if _, err := c.Pipeline(t.Context(), depth); err == nil {
			t.Errorf("a pipeline of depth %d: no error", depth)
		}
	}
}
