package grpcecho

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// TestBuffers checks that both ends use the buffers that the options set.
func TestBuffers(t *testing.T) {
	for _, c := range []struct {
		tr          *Transport
		read, wrote payload.Size
	}{
		{&Transport{}, defaultBuffer, defaultBuffer},
		{&Transport{ReadBuffer: 128 << 10, WriteBuffer: 4 << 10}, 128 << 10, 4 << 10},
		{&Transport{ReadBuffer: 64 << 10, WriteBuffer: 128 << 10, Window: 1 << 20}, 64 << 10, 128 << 10},
	} {
		t.Run(fmt.Sprintf("read=%v,write=%v", c.read, c.wrote), func(t *testing.T) {
			var server, client traffic
			c.tr.client = []grpc.DialOption{grpc.WithContextDialer(client.dial)}
			srv := listenWatched(t, c.tr, &server)
			conn := testkit.Dial(t, c.tr, srv.Addr())
			for range 3 { // until the windows have grown
				testkit.MustEcho(t, conn, 1, 1<<20)
			}
			for end, got := range map[string]*traffic{"server": &server, "client": &client} {
				if read, wrote := payload.Size(got.read.Load()), payload.Size(got.wrote.Load()); read != c.read || wrote != c.wrote {
					t.Errorf("the %s reads into up to %d bytes and writes up to %d at once, want %d and %d", end, read, wrote, c.read, c.wrote)
				}
			}
		})
	}
}

// A traffic records the largest buffers with which connections were read and
// written.
type traffic struct{ read, wrote atomic.Int64 }

// dial connects to addr for grpc.
func (t *traffic) dial(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	return &watchedConn{conn, t}, err
}

// listenWatched starts tr's server on a listener whose traffic is recorded, and closes
// it when t ends.
func listenWatched(t *testing.T, tr *Transport, recorded *traffic) *server {
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
	srv := tr.newServer(&watchedListener{l, recorded}, limit, options)
	t.Cleanup(func() { srv.Close() })
	return srv
}

// A watchedListener records the traffic of the connections that it accepts.
type watchedListener struct {
	net.Listener
	*traffic
}

func (l *watchedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watchedConn{conn, l.traffic}, nil
}

// A watchedConn records its traffic.
type watchedConn struct {
	net.Conn
	*traffic
}

func (c *watchedConn) Read(b []byte) (int, error) {
	raise(&c.read, len(b))
	return c.Conn.Read(b)
}

func (c *watchedConn) Write(b []byte) (int, error) {
	raise(&c.wrote, len(b))
	return c.Conn.Write(b)
}

// raise sets largest to n if n is larger.
func raise(largest *atomic.Int64, n int) {
	for old := largest.Load(); int64(n) > old && !largest.CompareAndSwap(old, int64(n)); old = largest.Load() {
	}
}
