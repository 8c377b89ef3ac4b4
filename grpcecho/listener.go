package grpcecho

import (
	"net"
	"sync"
	"time"
)

// A listener closes the connections that may be in their handshake when it is closed.
// grpc.Server.Stop first waits for these, and a client that sends nothing would delay
// it for handshakeTimeout. Accept returns the connections of the net.Listener as they
// are, because grpc sets TCP_USER_TIMEOUT only for a *net.TCPConn.
type listener struct {
	net.Listener
	mu     sync.Mutex
	recent map[net.Conn]*time.Timer // what was accepted within handshakeTimeout; the timer removes it
	closed bool
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	if l.recent == nil {
		l.recent = map[net.Conn]*time.Timer{}
	}
	l.recent[conn] = time.AfterFunc(handshakeTimeout, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.recent, conn)
	})
	return conn, nil
}

// Close implements net.Listener. A second Close does nothing and returns nil.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	for conn, timer := range l.recent {
		timer.Stop()
		conn.Close()
	}
	clear(l.recent)
	return l.Listener.Close()
}
