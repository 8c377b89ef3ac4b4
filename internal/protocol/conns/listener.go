package conns

import (
	"errors"
	"net"
	"time"
)

// retryAfter is how long Accept waits before it tries again after an error.
const retryAfter = 10 * time.Millisecond

// A Listener is a net.Listener that keeps the connections it accepted in a Set
// until they are closed. Its Close closes them as well.
type Listener struct {
	net.Listener
	Conns Set
	done  chan struct{}
}

// NewListener returns a Listener that accepts from l and owns it.
func NewListener(l net.Listener) *Listener {
	return &Listener{Listener: l, done: make(chan struct{})}
}

// Accept implements net.Listener with AcceptConn.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptConn waits for the next connection. It returns net.ErrClosed after Close.
// After any other error, such as one for a lack of descriptors, it tries again
// until others have closed theirs.
func (l *Listener) AcceptConn() (*Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err == nil {
			if conn := l.Conns.Track(c); conn != nil {
				return conn, nil
			}
			return nil, net.ErrClosed
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, net.ErrClosed
		}
		select {
		case <-time.After(retryAfter):
		case <-l.done:
			return nil, net.ErrClosed
		}
	}
}

// Close closes the listener and all of its connections. A second Close does
// nothing and returns nil.
func (l *Listener) Close() error {
	if !l.Conns.Close() {
		return nil
	}
	close(l.done)
	return l.Listener.Close()
}
