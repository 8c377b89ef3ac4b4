package floor

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/stream"
)

// Pipe sends the same bytes as Raw through net.Pipe: memory and the Go
// scheduler, but no kernel.
type Pipe struct{ servers registry[*pipeListener] }

// Name returns "pipe".
func (t *Pipe) Name() string { return "pipe" }

// Describe implements [echo.Describer].
func (t *Pipe) Describe(workers int) echo.Description {
	return echo.Description{Clients: workers, Files: 1, MaxSize: check.DefaultMaxSize,
		Settings: "raw bytes over net.Pipe, one a worker, in this process only, no serialization"}
}

// Listen implements [echo.Transport].
func (t *Pipe) Listen(addr string) (echo.Server, error) {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	addr, err := t.servers.add("pipe", addr, l)
	if err != nil {
		return nil, err
	}
	l.addr = pipeAddr(addr)
	l.forget = func() { t.servers.remove(addr) }
	return stream.Serve(l, answer), nil
}

// Dial implements [echo.Transport].
func (t *Pipe) Dial(ctx context.Context, addr string) (echo.Client, error) {
	l, err := t.servers.find(ctx, "pipe", addr)
	if err != nil {
		return nil, err
	}
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return newClient("pipe", client), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("pipe: dial %s: %w", addr, ctx.Err())
	case <-l.done:
		return nil, fmt.Errorf("pipe: dial %s: %w", addr, net.ErrClosed)
	}
}

// A pipeListener accepts the far ends of pipes.
type pipeListener struct {
	addr   pipeAddr
	forget func()
	conns  chan net.Conn
	once   sync.Once
	done   chan struct{}
}

func (l *pipeListener) Addr() net.Addr { return l.addr }

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.forget()
	})
	return nil
}

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }
