package floor

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// A Nop has no transport at all: the client answers its own requests. Its cost is
// the harness's cost, plus the copy and the clock reading of a server. Servers and
// clients find each other if they use the same Nop.
type Nop struct{ servers registry[*nopServer] }

// Name returns "nop".
func (t *Nop) Name() string { return "nop" }

// Describe implements [echo.Describer].
func (t *Nop) Describe(workers int) echo.Description {
	return echo.Description{
		Clients:  workers,
		Files:    1,
		MaxSize:  maxSize,
		Network:  "none",
		Settings: "no transport: a copy and a clock reading in the worker's goroutine",
	}
}

// Listen implements [echo.Transport].
func (t *Nop) Listen(addr string) (echo.Server, error) {
	s := new(nopServer)
	addr, err := t.servers.add("nop", addr, s)
	if err != nil {
		return nil, err
	}
	s.addr = addr
	s.unregister = func() { t.servers.remove(addr) }
	return s, nil
}

// Dial implements [echo.Transport].
func (t *Nop) Dial(ctx context.Context, addr string) (echo.Client, error) {
	s, err := t.servers.find(ctx, "nop", addr)
	if err != nil {
		return nil, err
	}
	return &nopClient{server: s}, nil
}

type nopServer struct {
	addr       string
	unregister func()
	closed     atomic.Bool
}

func (s *nopServer) Addr() string { return s.addr }

func (s *nopServer) Close() error {
	if !s.closed.Swap(true) {
		s.unregister()
	}
	return nil
}

type nopClient struct {
	server *nopServer
	closed atomic.Bool
}

func (c *nopClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("nop", req.Data, maxSize); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("nop: %w", ctx.Err())
	case c.closed.Load() || c.server.closed.Load():
		return fmt.Errorf("nop: %w", net.ErrClosed)
	}
	reply.Id = req.Id
	reply.Data = append(reply.Data[:0], req.Data...)
	payload.Stamp(reply)
	return nil
}

func (c *nopClient) Close() error {
	c.closed.Store(true)
	return nil
}
