package floor

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/stream"
)

// A Pipe sends the same bytes as Raw through net.Pipe: they pass through memory
// and the Go scheduler, but not through the kernel. Servers and clients find each
// other if they use the same Pipe.
type Pipe struct{ listeners registry[*pipeListener] }

// Name returns "pipe".
func (t *Pipe) Name() string { return "pipe" }

// Describe implements [echo.Describer].
func (t *Pipe) Describe(workers int) echo.Description {
	return echo.Description{
		Clients:  workers,
		Files:    1,
		MaxSize:  maxSize,
		Network:  "inproc",
		Settings: "raw bytes over net.Pipe, one pipe for each worker, in this process only, no serialization",
	}
}

// Listen implements [echo.Transport].
func (t *Pipe) Listen(addr string) (echo.Server, error) {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	addr, err := t.listeners.add("pipe", addr, l)
	if err != nil {
		return nil, err
	}
	l.addr = pipeAddr(addr)
	l.unregister = func() { t.listeners.remove(addr) }
	return stream.Serve(l, answer), nil
}

// Dial implements [echo.Transport].
func (t *Pipe) Dial(ctx context.Context, addr string) (echo.Client, error) {
	l, err := t.listeners.find(ctx, "pipe", addr)
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

// A pipeListener is a net.Listener that accepts the server's ends of pipes.
type pipeListener struct {
	addr       pipeAddr
	unregister func()
	conns      chan net.Conn
	once       sync.Once
	done       chan struct{} // closed by Close
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
		l.unregister()
	})
	return nil
}

// A pipeAddr is the net.Addr of a pipeListener.
type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }
