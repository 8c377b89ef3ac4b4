package grpcecho

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// openPipeline opens a pipeline of c with 4 requests in flight.
func openPipeline(t *testing.T, ctx context.Context, c *streamClient) echo.Pipeline {
	t.Helper()
	p, err := c.Pipeline(ctx, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestPipeline(t *testing.T) {
	const limit = 1 << 10
	c, _, _ := startStream(t, limit)
	p := openPipeline(t, testkit.Context(t), c)
	if err := p.Send(&payload.Payload{Data: make([]byte, limit+1)}); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("Send of too much data: error %v, want ErrTooLarge", err)
	}
	for id := range uint64(4) {
		if err := p.Send(&payload.Payload{Id: id, Data: make([]byte, limit)}); err != nil {
			t.Fatal(err)
		}
	}
	for id := range uint64(4) {
		var reply payload.Payload
		if err := p.Receive(&reply); err != nil || reply.Id != id || len(reply.Data) != limit {
			t.Errorf("Receive: error %v, id %d, %d bytes, want id %d", err, reply.Id, len(reply.Data), id)
		}
	}
	p.Close()
	if err := p.Send(&payload.Payload{Id: 1}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after Close: error %v, want net.ErrClosed", err)
	}
	if err := p.Receive(new(payload.Payload)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive after Close: error %v, want net.ErrClosed", err)
	}
}

func TestPipelineContext(t *testing.T) {
	c, _, _ := startStream(t, 0)
	ctx, cancel := context.WithCancel(testkit.Context(t))
	p := openPipeline(t, ctx, c)
	cancel()
	if err := p.Receive(new(payload.Payload)); !errors.Is(err, context.Canceled) {
		t.Errorf("Receive with a cancelled context: error %v, want context.Canceled", err)
	}
	if err := p.Send(&payload.Payload{Id: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("Send with a cancelled context: error %v, want context.Canceled", err)
	}
	if _, err := c.Pipeline(ctx, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("Pipeline with a cancelled context: error %v, want context.Canceled", err)
	}
}

func TestPipelineErrors(t *testing.T) {
	c, _, _ := startStream(t, 0)
	if p, err := c.Pipeline(testkit.Context(t), 0); err == nil || !strings.Contains(err.Error(), "grpcecho: depth 0: want 1 or more") {
		t.Errorf("Pipeline of depth 0: %v, error %v", p, err)
	}
	c.Close()
	if _, err := c.Pipeline(testkit.Context(t), 4); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Pipeline after the Client's Close: error %v, want net.ErrClosed", err)
	}
}

// Only a client with streams can have several requests in flight.
func TestOnlyStreamsHavePipelines(t *testing.T) {
	srv := listen(t, &Transport{})
	for _, stream := range []bool{false, true} {
		t.Run(fmt.Sprintf("stream=%t", stream), func(t *testing.T) {
			c := testkit.Dial(t, &Transport{Stream: stream}, srv.Addr())
			if _, ok := c.(echo.Pipeliner); ok != stream {
				t.Errorf("the client is a Pipeliner: %t, want %t", ok, stream)
			}
		})
	}
}
