package rest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A countingListener keeps the connections that it accepted.
type countingListener struct {
	net.Listener
	mu    sync.Mutex
	conns []*countedConn
}

type countedConn struct {
	net.Conn
	read   atomic.Int64 // bytes
	closed atomic.Bool
}

func listen(t *testing.T) *countingListener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &countingListener{Listener: l}
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &countedConn{Conn: conn}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, c)
	return c, nil
}

// accepted returns how many connections were accepted from which at least the
// given number of bytes was read, and how many of them have been closed.
func (l *countingListener) accepted(least int64) (all, closed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c.read.Load() < least {
			continue
		}
		all++
		if c.closed.Load() {
			closed++
		}
	}
	return all, closed
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

func (c *countedConn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}
