package proxy

import (
	"bytes"
	"io"
	"net"
	"sync"
)

// accept serves the connections of a network that carries streams.
func (p *Proxy) accept(l net.Listener) {
	for number := 0; ; number++ {
		client, err := l.Accept()
		if err != nil {
			p.fail(err)
			return
		}
		if p.add(client) {
			p.running.Go(func() {
				p.serve(number, client)
				p.remove(client)
			})
		}
	}
}

// serve forwards one connection, in both directions, until both have ended.
func (p *Proxy) serve(number int, client net.Conn) {
	var record func([]byte)
	if p.relay == nil {
		record = p.traffic.recorder()
	}
	if p.backend == "" && p.relay == nil {
		p.discard(client, record)
		return
	}
	server, err := net.Dial(p.network, p.backend)
	if err != nil {
		p.fail(err)
		return
	}
	if !p.add(server) {
		return
	}
	defer p.remove(server)
	if p.relay != nil {
		p.relay(number, client, server)
		return
	}
	var replies sync.WaitGroup
	replies.Go(func() { p.forward(client, server, toClient, p.traffic.countReply) })
	p.forward(server, client, toServer, record)
	replies.Wait()
}

// discard reads from conn until it ends.
func (p *Proxy) discard(conn net.Conn, record func([]byte)) {
	buf := make([]byte, 32<<10)
	for p.reading[toServer].await(p.closed) {
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
func (p *Proxy) forward(to, from net.Conn, d direction, record func([]byte)) {
	chunks := make(chan []byte, 1024)
	var end error // why reading ended; set before chunks is closed
	p.running.Go(func() {
		defer close(chunks)
		end = p.read(from, d, chunks, record)
	})
	for chunk := range chunks {
		if !p.passing.await(p.closed) {
			return
		}
		if _, err := to.Write(chunk); err != nil {
			from.Close()
			return
		}
		if d == toClient && len(chunk) > 0 && p.hangUp.Load() {
			to.Close()
			from.Close()
			return
		}
	}
	if end == io.EOF {
		to.(interface{ CloseWrite() error }).CloseWrite()
	} else {
		to.Close()
	}
}

// read sends what it reads from conn to chunks, and returns the error that ended
// it. What a read returns after Stop stays here until Resume.
func (p *Proxy) read(conn net.Conn, d direction, chunks chan<- []byte, record func([]byte)) error {
	buf := make([]byte, 32<<10)
	for p.reading[d].await(p.closed) {
		n, err := conn.Read(buf)
		record(buf[:n])
		if !p.reading[d].await(p.closed) {
			break
		}
		select {
		case chunks <- bytes.Clone(buf[:n]):
		case <-p.closed:
			return net.ErrClosed
		}
		if err != nil {
			return err
		}
	}
	return net.ErrClosed
}
