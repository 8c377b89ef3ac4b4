// Package proxy forwards TCP connections, counts and records what clients send,
// and holds everything back when told to: a call that is certainly in flight, a
// server that has gone silent.
package proxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
)

// recorded is how much of a connection is kept.
const recorded = 64 << 10

// A Proxy forwards the connections made to it. Without a backend it accepts,
// reads, and never answers.
type Proxy struct {
	backend  string
	listener net.Listener
	running  sync.WaitGroup
	closed   chan struct{}

	mu      sync.Mutex
	conns   []net.Conn
	open    chan struct{} // closed while bytes may pass
	sent    int
	streams [][]byte
	changed chan struct{} // closed and replaced when sent changes
}

// Start starts a proxy on a free loopback port.
func Start(backend string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{backend: backend, listener: l, closed: make(chan struct{}), open: make(chan struct{}), changed: make(chan struct{})}
	close(p.open)
	p.running.Go(p.accept)
	return p, nil
}

// Addr is where the proxy accepts connections.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Hold stops all bytes, and the ends of connections, in both directions.
func (p *Proxy) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = make(chan struct{})
}

// Release lets pass what was held, and all that follows. It must follow a Hold.
func (p *Proxy) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.open)
}

// Sent is how many bytes clients have sent so far, held ones included.
func (p *Proxy) Sent() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

// AwaitSent returns once clients have sent n bytes.
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

// Streams is what each client has sent, up to 64 KiB of it.
func (p *Proxy) Streams() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	streams := make([][]byte, len(p.streams))
	for i, s := range p.streams {
		streams[i] = append([]byte(nil), s...)
	}
	return streams
}

// Close ends all connections, held bytes included, and waits for its goroutines.
// It may be called once.
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

// own says whether conn may be used; if so, Close closes it.
func (p *Proxy) own(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.closed:
		conn.Close()
		return false
	default:
		p.conns = append(p.conns, conn)
		return true
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.own(client) {
			p.running.Go(func() {
				p.serve(client)
				client.Close()
			})
		}
	}
}

func (p *Proxy) serve(client net.Conn) {
	p.mu.Lock()
	stream := len(p.streams)
	p.streams = append(p.streams, nil)
	p.mu.Unlock()
	record := func(b []byte) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sent += len(b)
		p.streams[stream] = append(p.streams[stream], b[:min(len(b), recorded-len(p.streams[stream]))]...)
		close(p.changed)
		p.changed = make(chan struct{})
	}
	if p.backend == "" {
		buf := make([]byte, 32<<10)
		for {
			n, err := client.Read(buf)
			record(buf[:n])
			if err != nil {
				return
			}
		}
	}
	server, err := net.Dial("tcp", p.backend)
	if err != nil || !p.own(server) {
		return
	}
	defer server.Close()
	var back sync.WaitGroup
	back.Go(func() { p.pump(client, server, func([]byte) {}) })
	p.pump(server, client, record)
	back.Wait()
}

// pump copies until either end fails. It reads on while bytes are held. An end
// of the stream is passed on as such, since the other direction may still go on.
func (p *Proxy) pump(to, from net.Conn, record func([]byte)) {
	chunks := make(chan []byte, 1024)
	var end error
	p.running.Go(func() {
		defer close(chunks)
		for {
			buf := make([]byte, 32<<10)
			n, err := from.Read(buf)
			record(buf[:n])
			select {
			case chunks <- buf[:n]:
			case <-p.closed:
				return
			}
			if err != nil {
				end = err
				return
			}
		}
	})
	for chunk := range chunks {
		p.mu.Lock()
		open := p.open
		p.mu.Unlock()
		select {
		case <-open:
		case <-p.closed:
			return
		}
		if _, err := to.Write(chunk); err != nil {
			from.Close()
			return
		}
	}
	if end == io.EOF {
		to.(*net.TCPConn).CloseWrite()
	} else {
		to.Close()
	}
}
