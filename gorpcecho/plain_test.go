package gorpcecho_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
)

// BenchmarkOverPlain compares an Echo with the shortest echo over gorpc.
func BenchmarkOverPlain(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // the plain echo ignores contexts
	echobench.Duel{
		A:           gorpcecho.Variants()[0],
		B:           echo.Variant{Name: "plain", Transport: plain{}},
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50, 500},
	}.Run(b)
}

// plain echoes over gorpc as its documentation shows it, with the options and the
// buffers of the default Transport.
type plain struct{}

func (plain) Name() string                  { return "plain" }
func (plain) Describe(int) echo.Description { return echo.Description{Clients: 1, Files: 3} }

func (plain) Listen(string) (echo.Server, error) {
	payloads := sync.Pool{New: func() any { return new(payload.Payload) }}
	s := gorpc.NewTCPServer("127.0.0.1:0", func(_ string, request any) any {
		p := payloads.Get().(*payload.Payload)
		defer payloads.Put(p)
		if err := payload.Unmarshal(request.([]byte), p); err != nil {
			return err.Error()
		}
		payload.Stamp(p)
		return payload.Append(request.([]byte)[:0], p)
	})
	s.PendingResponses = 4096
	s.LogError = gorpc.NilErrorLogger
	return plainServer{s}, s.Start()
}

type plainServer struct{ *gorpc.Server }

func (s plainServer) Addr() string { return s.Listener.ListenAddr().String() }
func (s plainServer) Close() error { s.Stop(); return nil }

func (plain) Dial(_ context.Context, addr string) (echo.Client, error) {
	c := gorpc.NewTCPClient(addr)
	c.DisableCompression = true
	c.PendingRequests = 16384
	c.LogError = gorpc.NilErrorLogger
	c.Start()
	return &plainClient{c, sync.Pool{New: func() any { return new([]byte) }}}, nil
}

type plainClient struct {
	*gorpc.Client
	buffers sync.Pool
}

func (c *plainClient) Echo(_ context.Context, req, reply *payload.Payload) error {
	buf := c.buffers.Get().(*[]byte)
	*buf = payload.Append((*buf)[:0], req)
	response, err := c.Call(buf)
	if err != nil {
		return err
	}
	c.buffers.Put(buf)
	b, ok := response.([]byte)
	if !ok {
		return fmt.Errorf("plain: %v", response)
	}
	return payload.Unmarshal(b, reply)
}

func (c *plainClient) Close() error { c.Stop(); return nil }
