package grpcecho

import (
	"net"
	"sync"
)

// A listener knows the connections that it accepted until they are closed. A
// grpc.Server knows them only once their handshake is over.
type listener struct {
	net.Listener
	mu   sync.Mutex
	open map[*conn]struct{} // nil once closed
}

type conn struct {
	net.Conn
	of *listener
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{nc, l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		nc.Close()
		return nil, net.ErrClosed
	}
	l.open[c] = struct{}{}
	return c, nil
}

// Close is called by grpc.
func (c *conn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// closeAll closes the listener and the connections. A second call does nothing
// and returns nil.
func (l *listener) closeAll() error {
	l.mu.Lock()
	open := l.open
	l.open = nil
	l.mu.Unlock()
	if open == nil {
		return nil
	}
	err := l.Listener.Close()
	for c := range open {
		c.Conn.Close()
	}
	return err
}
