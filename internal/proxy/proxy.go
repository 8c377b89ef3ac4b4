// Package proxy provides a TCP proxy for tests. A [Proxy] forwards connections,
// counts and records the bytes that clients send, and can hold back all bytes in
// both directions. A test uses it to keep a call in flight, or to see what a
// client sends.
package proxy

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// maxRecorded is how many bytes of each connection are recorded.
const maxRecorded = 64 << 10

// A Proxy forwards the connections that are made to it. If it has no backend, it
// accepts connections, reads from them and never answers. Its methods may be
// called concurrently, except Close.
type Proxy struct {
	backend  string
	listener net.Listener
	running  sync.WaitGroup
	closed   chan struct{}

	mu      sync.Mutex
	conns   []net.Conn
	open    chan struct{} // closed while bytes may pass
	sent    int
	streams [][]byte      // the beginning of what each client has sent
	changed chan struct{} // closed and replaced when sent changes
}

// Start starts a proxy on a free port of the loopback interface. It forwards
// connections to the TCP address backend, or to nothing if backend is empty.
func Start(backend string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{
		backend:  backend,
		listener: l,
		closed:   make(chan struct{}),
		open:     make(chan struct{}),
		changed:  make(chan struct{}),
	}
	close(p.open)
	p.running.Go(p.accept)
	return p, nil
}

// Addr returns the address on which the proxy accepts connections.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Hold stops forwarding, in both directions, bytes as well as the ends of
// connections. The proxy continues to read and to count what clients send.
func (p *Proxy) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = make(chan struct{})
}

// Release forwards everything that was held back, and resumes forwarding. It
// must follow a Hold.
func (p *Proxy) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.open)
}

// Sent returns how many bytes clients have sent so far, including those that are
// held back.
func (p *Proxy) Sent() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

// AwaitSent waits until clients have sent at least n bytes since Start. If ctx
// ends first, the error matches ctx's error.
func (p *Proxy) AwaitSent(ctx context.Context, n int) error {
	for {
		p.mu.Lock()
		sent, changed := p.sent, p.changed
		p.mu.Unlock()
		if sent >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("proxy: clients have sent %d bytes, want %d: %w", sent, n, ctx.Err())
		}
	}
}

// Streams returns what each client has sent, in the order in which the clients
// connected: at most the first 64 KiB of each connection.
func (p *Proxy) Streams() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	streams := make([][]byte, len(p.streams))
	for i, s := range p.streams {
		streams[i] = append([]byte(nil), s...)
	}
	return streams
}

// Close closes all connections, drops the bytes that are held back, and waits
// for the proxy's goroutines. It may be called only once.
func (p *Proxy) Close() error {
	p.mu.Lock()
	close(p.closed)
	for _, conn := range p.conns {
		conn.Close()
	}
	p.mu.Unlock()
	err := p.listener.Close()
	p.running.Wait()
	return err
}
