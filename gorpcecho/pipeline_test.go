package gorpcecho

import (
	"errors"
	"net"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// A pipeline remains usable after a request that the server refused, and ends with
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
