//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// A pipeline remains usable after the server has refused a request.
func TestPipelineRefused(t *testing.T) {
	srv := echo.StartServer(t, &Transport{MaxSize: 1000})
	c := testkit.Dial(t, &Transport{Dealer: true}, srv).(echo.Pipeliner)
	p, err := c.Pipeline(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range 5 {
		var reply payload.Payload
		if err := p.Send(&payload.Payload{Id: 1, Data: make([]byte, 1001)}); err != nil {
			t.Fatal(err)
		}
		if err := testkit.Within(t, "Receive", func() error { return p.Receive(&reply) }); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("1001 bytes to a server with a limit of 1000: error %v, want one that says that it refused", err)
		}
		if err := p.Send(&payload.Payload{Id: uint64(i), Data: make([]byte, 1000)}); err != nil {
			t.Fatal(err)
		}
		if err := testkit.Within(t, "Receive", func() error { return p.Receive(&reply) }); err != nil || reply.Id != uint64(i) {
			t.Errorf("the next: id %d, error %v; want %d and none", reply.Id, err, i)
		}
	}
	if err := p.Send(&payload.Payload{Data: make([]byte, 5<<20)}); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("Send of 5 MiB: error %v, want one that matches ErrTooLarge", err)
	}
	if _, err := c.Pipeline(t.Context(), 0); err == nil {
		t.Error("a pipeline of depth 0: no error")
	}
}
