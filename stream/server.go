// Package stream has what transports over stream connections share: a server
// with one goroutine a connection and a client with one request at a time, both
// keeping the contract of echobench. What is left to a transport is a [Codec].
package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/echobench/echobench/internal/check"
)

// A Server accepts connections and hands each to its handler.
type Server struct {
	listener net.Listener
	handle   func(net.Conn)
	running  sync.WaitGroup
	done     chan struct{}

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once closed
}

// Listen listens for TCP connections, reading addr as [echo.Transport]'s
// Listen does: without a host it is the loopback address. pkg begins its errors.
func Listen(pkg, addr string) (net.Listener, error) {
	addr, err := check.ListenAddr(pkg, addr)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pkg, err)
	}
	return l, nil
}

// Dial connects over TCP; ctx bounds the dial only. pkg begins its errors.
func Dial(ctx context.Context, pkg, addr string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pkg, err)
	}
	return conn, nil
}

// Serve starts a server on l. handle owns the connection until it returns; then
// the connection is closed. Close closes it earlier, so that handle returns.
func Serve(l net.Listener, handle func(net.Conn)) *Server {
	s := &Server{listener: l, handle: handle, done: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	s.running.Go(s.accept)
	return s
}

// Addr is the listener's address.
func (s *Server) Addr() string { return s.listener.Addr().String() }

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors, most likely: give others a chance to close theirs.
			select {
			case <-time.After(10 * time.Millisecond):
				continue
			case <-s.done:
				return
			}
		}
		s.mu.Lock()
		if s.conns == nil {
			s.mu.Unlock()
			conn.Close()
			return
		}
		s.conns[conn] = struct{}{}
		s.running.Go(func() { s.serve(conn) })
		s.mu.Unlock()
	}
}

func (s *Server) serve(conn net.Conn) {
	s.handle(conn)
	conn.Close()
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
}

// Close closes the listener and every connection, and waits for the handlers.
func (s *Server) Close() error {
	s.mu.Lock()
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	var err error
	if conns != nil {
		close(s.done)
		err = s.listener.Close()
		for conn := range conns {
			conn.Close()
		}
	}
	s.running.Wait()
	return err
}
