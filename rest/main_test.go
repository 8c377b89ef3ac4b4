package rest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// modes are all combinations of the options that are switches, with StreamBodies
// in the second half.
var modes = []struct {
	name string
	tr   Transport
}{
	{"rest", Transport{}},
	{"resttls", Transport{TLS: true}},
	{"h2c", Transport{HTTP2: true}},
	{"h2", Transport{HTTP2: true, TLS: true}},
	{"reststream", Transport{StreamBodies: true}},
	{"resttlsstream", Transport{StreamBodies: true, TLS: true}},
	{"h2cstream", Transport{StreamBodies: true, HTTP2: true}},
	{"h2stream", Transport{StreamBodies: true, HTTP2: true, TLS: true}},
}

// startOn starts tr's server on l and closes it when t ends.
func startOn(t testing.TB, tr *Transport, l net.Listener) *server {
	t.Helper()
	return startCounting(t, tr, l, inprogress.New(tr.RefuseAbove))
}

// startCounting is startOn for a server that counts its requests with progress.
func startCounting(t testing.TB, tr *Transport, l net.Listener, progress *inprogress.Limit) *server {
	t.Helper()
	limit, err := tr.check()
	if err != nil {
		t.Fatal(err)
	}
	srv, err := tr.newServer(l, limit, progress)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := testkit.Within(t, "the server's Close", srv.Close); err != nil {
			t.Errorf("the server's Close: %v", err)
		}
	})
	return srv
}

// newTestClient returns a client of tr that has not connected to addr yet, and
// closes it when t ends.
func newTestClient(t testing.TB, tr *Transport, addr string) *client {
	t.Helper()
	c, err := tr.newClient(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := testkit.Within(t, "the client's Close", c.Close); err != nil {
			t.Errorf("the client's Close: %v", err)
		}
	})
	return c
}

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

// accepted counts the connections from which at least minRead bytes were read. all is
// how many were accepted, and closed is how many of these have been closed.
func (l *countingListener) accepted(minRead int64) (all, closed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c.read.Load() < minRead {
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
