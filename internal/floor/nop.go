// Package floor has the transports below every protocol, so that costs add up:
// Nop is the harness's own cost, Pipe adds two goroutines and a copy, Raw adds
// the kernel's TCP, and a protocol adds its framing and serialization.
package floor

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A Nop has no transport at all: Echo answers itself. What it costs is the
// harness's cost, and the one clock reading of a server.
type Nop struct{ servers registry[*nopServer] }

// Name returns "nop".
func (t *Nop) Name() string { return "nop" }

// Describe implements [echo.Describer].
func (t *Nop) Describe(workers int) echo.Description {
	return echo.Description{Clients: workers, Files: 1, MaxSize: check.DefaultMaxSize, Settings: "no transport: a copy and a clock reading in the caller's goroutine"}
}

// Listen implements [echo.Transport].
func (t *Nop) Listen(addr string) (echo.Server, error) {
	s := new(nopServer)
	var err error
	s.addr, err = t.servers.add("nop", addr, s)
	s.forget = func() { t.servers.remove(s.addr) }
	return s, err
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
	addr   string
	forget func()
	closed atomic.Bool
}

func (s *nopServer) Addr() string { return s.addr }

func (s *nopServer) Close() error {
	if !s.closed.Swap(true) {
		s.forget()
	}
	return nil
}

type nopClient struct {
	server *nopServer
	closed atomic.Bool
}

func (c *nopClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("nop", req.Data, check.DefaultMaxSize); err != nil {
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

// A registry finds the servers of one process by address. The addresses look
// like ports, so that the same rules hold for them.
type registry[S any] struct {
	mu   sync.Mutex
	m    map[string]S
	last int
}

func (r *registry[S]) add(pkg, addr string, s S) (string, error) {
	addr, err := stream.ListenAddr(pkg, addr)
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if host, port, _ := net.SplitHostPort(addr); port == "0" {
		r.last++
		addr = net.JoinHostPort(host, strconv.Itoa(r.last))
	}
	if _, ok := r.m[addr]; ok {
		return "", fmt.Errorf("%s: listen %s: address already in use", pkg, addr)
	}
	if r.m == nil {
		r.m = map[string]S{}
	}
	r.m[addr] = s
	return addr, nil
}

func (r *registry[S]) remove(addr string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.m, addr)
}

func (r *registry[S]) find(ctx context.Context, pkg, addr string) (S, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.m[addr]
	switch {
	case ctx.Err() != nil:
		return s, fmt.Errorf("%s: dial %s: %w", pkg, addr, ctx.Err())
	case !ok:
		return s, fmt.Errorf("%s: dial %s: no such server in this process", pkg, addr)
	}
	return s, nil
}
