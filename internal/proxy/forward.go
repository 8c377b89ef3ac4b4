package proxy

import (
	"io"
	"net"
	"sync"
)

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.add(client) {
			p.running.Go(func() {
				p.serve(client)
				client.Close()
			})
		}
	}
}

// add registers conn, so that Close closes it. If the proxy is closed already,
// add closes conn and returns false.
func (p *Proxy) add(conn net.Conn) bool {
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

// serve forwards one connection, in both directions, until both have ended.
func (p *Proxy) serve(client net.Conn) {
	record := p.recorder()
	if p.backend == "" {
		discard(client, record)
		return
	}
	server, err := net.Dial("tcp", p.backend)
	if err != nil || !p.add(server) {
		return
	}
	defer server.Close()
	var replies sync.WaitGroup
	replies.Go(func() { p.forward(client, server, func([]byte) {}) })
	p.forward(server, client, record)
	replies.Wait()
}

// recorder returns a function that counts and records what a new client sends.
func (p *Proxy) recorder() func([]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := len(p.streams)
	p.streams = append(p.streams, nil)
	return func(b []byte) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sent += len(b)
		p.streams[i] = append(p.streams[i], b[:min(len(b), maxRecorded-len(p.streams[i]))]...)
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// discard reads from conn until it ends.
func discard(conn net.Conn, record func([]byte)) {
	buf := make([]byte, 32<<10)
	for {
		n, err := conn.Read(buf)
		record(buf[:n])
		if err != nil {
			return
		}
	}
}

// forward copies one direction of a connection until either end fails. It
// continues to read while bytes are held back. When from ends its stream, forward
// ends that of to and leaves the other direction open.
func (p *Proxy) forward(to, from net.Conn, record func([]byte)) {
	chunks := make(chan []byte, 1024)
	var end error // why reading ended; set before chunks is closed
	p.running.Go(func() {
		defer close(chunks)
		end = p.read(from, chunks, record)
	})
	for chunk := range chunks {
		if !p.awaitOpen() {
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

// read sends what it reads from conn to chunks, and returns the error that ended
// it.
func (p *Proxy) read(conn net.Conn, chunks chan<- []byte, record func([]byte)) error {
	for {
		buf := make([]byte, 32<<10)
		n, err := conn.Read(buf)
		record(buf[:n])
		select {
		case chunks <- buf[:n]:
		case <-p.closed:
			return net.ErrClosed
		}
		if err != nil {
			return err
		}
	}
}

// awaitOpen waits until bytes may pass. It returns false if the proxy is closed
// first.
func (p *Proxy) awaitOpen() bool {
	p.mu.Lock()
	open := p.open
	p.mu.Unlock()
	select {
	case <-open:
		return true
	case <-p.closed:
		return false
	}
}
