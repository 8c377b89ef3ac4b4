package grpcecho

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
)

// A traffic records the largest buffers with which connections were read and
// written, and how many bytes the connections carried.
type traffic struct{ read, wrote, in, out atomic.Int64 }

// A watchedConn records its traffic.
type watchedConn struct {
	net.Conn
	*traffic
}

func (c *watchedConn) Read(b []byte) (int, error) {
	raise(&c.read, len(b))
	n, err := c.Conn.Read(b)
	c.in.Add(int64(n))
	return n, err
}

func (c *watchedConn) Write(b []byte) (int, error) {
	raise(&c.wrote, len(b))
	c.out.Add(int64(len(b)))
	return c.Conn.Write(b)
}

// raise sets most to n if n is larger.
func raise(most *atomic.Int64, n int) {
	for old := most.Load(); int64(n) > old && !most.CompareAndSwap(old, int64(n)); old = most.Load() {
	}
}

// A watchedListener records the traffic of the connections that it accepts.
type watchedListener struct {
	net.Listener
	traffic
}

func (l *watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watchedConn{c, &l.traffic}, nil
}

// listenWatched starts tr's server on a listener that records its traffic, and
// closes it when t ends.
func listenWatched(t *testing.T, tr *Transport) (*server, *watchedListener) {
	t.Helper()
	limit, err := tr.check()
	if err != nil {
		t.Fatal(err)
	}
	options, err := tr.serverOptions(limit)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	watched := &watchedListener{Listener: l}
	srv := tr.newServer(watched, limit, options)
	t.Cleanup(func() {
		if err := testkit.Within(t, "the server's Close", srv.Close); err != nil {
			t.Errorf("the server's Close: %v", err)
		}
	})
	return srv, watched
}
