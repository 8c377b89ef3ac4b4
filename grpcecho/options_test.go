package grpcecho

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
)

func TestOptionErrors(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want string
	}{
		{&Transport{Conns: -2}, "grpcecho: Conns -2: want 0 or more, or echo.Each"},
		{&Transport{MaxSize: -1}, "grpcecho: MaxSize -1: want 1 to"},
		{&Transport{WriteBuffer: -1}, "grpcecho: WriteBuffer -1: want 0 or more"},
		{&Transport{ReadBuffer: -1}, "grpcecho: ReadBuffer -1: want 0 or more"},
		{&Transport{Window: -1}, "grpcecho: Window -1: want 65536 to"},
		{&Transport{Window: 64<<10 - 1}, "grpcecho: Window 65535: want 65536 to"},
		{&Transport{Window: 2 << 30}, "grpcecho: Window 2147483648: want 65536 to 2147483647 bytes"},
	} {
		if srv, err := c.tr.Listen(""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Listen: %v, want %q", err, c.want)
			if err == nil {
				srv.Close()
			}
		}
		if client, err := c.tr.Dial(bounded(t), "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Dial: %v, want %q", err, c.want)
			if err == nil {
				client.Close()
			}
		}
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want []string
	}{
		{&Transport{}, []string{"unary calls", "HTTP/2 without TLS", "ClientConns shared by the workers 1,", "no compression", "read buffer 32KiB, write buffer 32KiB", "windows of 64KiB that grow", "payload's codec", "grpc's default buffer pool"}},
		{&Transport{StockCodec: true}, []string{"grpc's own codec"}},
		{&Transport{Conns: 8}, []string{"by the workers 8,"}},
		{&Transport{Conns: echo.Each}, []string{"by the workers 100,"}},
		{&Transport{Stream: true, TLS: true, Gzip: true, Pool: TieredPool()}, []string{"a stream for each call in flight", "over TLS, the server's certificate not verified", "gzip, default level", "a buffer pool of the user's"}},
		{&Transport{ReadBuffer: 1 << 10, WriteBuffer: 2 << 10, Window: 1 << 20}, []string{"read buffer 1KiB, write buffer 2KiB", "windows of 1MiB a stream and a connection, fixed"}},
	} {
		got := c.tr.Describe(100).Settings
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("settings\n%s\nwant %q in it", got, want)
			}
		}
	}
}

// proxied starts tr's server behind a proxy and dials it.
func proxied(t *testing.T, tr *Transport) (*proxy.Proxy, echo.Client) {
	t.Helper()
	p, err := proxy.Start(listenAndServe(t, tr).Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	c, err := tr.Dial(bounded(t), p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return p, c
}

func TestTLSEncrypts(t *testing.T) {
	for _, secure := range []bool{false, true} {
		p, c := proxied(t, &Transport{TLS: secure})
		secret := payload.Body(1<<10, 1)
		if err := c.Echo(bounded(t), &payload.Payload{Id: 1, Data: secret}, &payload.Payload{}); err != nil {
			t.Fatal(err)
		}
		var readable bool
		for _, sent := range p.Streams() {
			readable = readable || bytes.Contains(sent, secret)
		}
		if readable == secure {
			t.Errorf("TLS %t: the data can be read on the wire: %t", secure, readable)
		}
	}
}

func TestTLSOnOneEndOnly(t *testing.T) {
	for _, secure := range []bool{false, true} {
		srv := listenAndServe(t, &Transport{TLS: secure})
		ctx := bounded(t)
		if c, err := (&Transport{TLS: !secure}).Dial(ctx, srv.Addr()); err == nil || ctx.Err() != nil {
			t.Errorf("server's TLS %t, client's %t: Dial: %v, want an error before the context's end", secure, !secure, err)
			if err == nil {
				c.Close()
			}
		}
	}
}

func TestGzip(t *testing.T) {
	for _, tr := range []*Transport{{Gzip: true}, {Gzip: true, Stream: true}} {
		srv, l := serveWatched(t, tr)
		c, err := tr.Dial(bounded(t), srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		zeros := make([]byte, 1<<20)
		var reply payload.Payload
		if err := c.Echo(bounded(t), &payload.Payload{Id: 1, Data: zeros}, &reply); err != nil || !bytes.Equal(reply.Data, zeros) {
			t.Fatalf("Echo: %v, %d bytes", err, len(reply.Data))
		}
		if in, out := l.in.Load(), l.out.Load(); in > 16<<10 || out > 16<<10 {
			t.Errorf("stream %t: %d zeros were sent in %d bytes and answered in %d, want at most %d", tr.Stream, len(zeros), in, out, 16<<10)
		}
	}
}

// What is longer than the limit once it is decompressed is refused, and what
// does not compress may be as long as the limit.
func TestGzipLimits(t *testing.T) {
	const limit = 64 << 10
	srv := listenAndServe(t, &Transport{MaxSize: limit, Gzip: true})
	c, err := (&Transport{Gzip: true}).Dial(bounded(t), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, n := range []int{limit + 1, 4 << 20} {
		if err := c.Echo(bounded(t), &payload.Payload{Id: 1, Data: make([]byte, n)}, &payload.Payload{}); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("%d zeros: %v, want ErrTooLarge", n, err)
		}
	}
	var reply payload.Payload
	if err := c.Echo(bounded(t), &payload.Payload{Id: 1, Data: payload.Body(limit, 1)}, &reply); err != nil || len(reply.Data) != limit {
		t.Errorf("%d random bytes: %v, %d bytes", limit, err, len(reply.Data))
	}
}

// watched are the largest buffers that connections were read and written with,
// and how many bytes they carried.
type watched struct{ read, wrote, in, out atomic.Int64 }

type watchedConn struct {
	net.Conn
	*watched
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

func raise(most *atomic.Int64, n int) {
	for old := most.Load(); int64(n) > old && !most.CompareAndSwap(old, int64(n)); old = most.Load() {
	}
}

type watchedListener struct {
	net.Listener
	watched
}

func (l *watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &watchedConn{c, &l.watched}, err
}

// serveWatched is listenAndServe with its connections watched.
func serveWatched(t *testing.T, tr *Transport) (*server, *watchedListener) {
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
	srv := newServer(watched, limit, options...)
	t.Cleanup(func() { srv.Close() })
	return srv, watched
}

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
			srv, far := serveWatched(t, c.tr)
			var near watched
			limit, _ := c.tr.check()
			client, err := newClient(srv.Addr(), limit, append(c.tr.dialOptions(limit),
				grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
					nc, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
					return &watchedConn{nc, &near}, err
				}))...)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			for range 3 { // until the windows have grown
				if err := client.Echo(bounded(t), &payload.Payload{Id: 1, Data: payload.Body(1<<20, 1)}, &payload.Payload{}); err != nil {
					t.Fatal(err)
				}
			}
			for _, end := range []struct {
				name        string
				read, wrote int64
			}{{"server", far.read.Load(), far.wrote.Load()}, {"client", near.read.Load(), near.wrote.Load()}} {
				if end.read != int64(c.read) || end.wrote != int64(c.wrote) {
					t.Errorf("the %s reads into up to %d bytes and writes up to %d at once, want %d and %d", end.name, end.read, end.wrote, c.read, c.wrote)
				}
			}
		})
	}
}

// What a server grants is in the first frame that it sends (RFC 9113, 6.5.2).
func TestWindow(t *testing.T) {
	const initialWindow = 4
	for _, c := range []struct{ window, want payload.Size }{{0, 64<<10 - 1}, {minWindow, minWindow}, {1 << 20, 1 << 20}} {
		srv := listenAndServe(t, &Transport{Window: c.window})
		conn, err := net.Dial("tcp", srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, handshake); err != nil {
			t.Fatal(err)
		}
		header := make([]byte, 9)
		if _, err := io.ReadFull(conn, header); err != nil {
			t.Fatal(err)
		}
		settings := make([]byte, int(header[0])<<16|int(header[1])<<8|int(header[2]))
		if _, err := io.ReadFull(conn, settings); err != nil {
			t.Fatal(err)
		}
		got := payload.Size(64<<10 - 1) // the protocol's default
		for ; len(settings) >= 6; settings = settings[6:] {
			if binary.BigEndian.Uint16(settings) == initialWindow {
				got = payload.Size(binary.BigEndian.Uint32(settings[2:]))
			}
		}
		if got != c.want {
			t.Errorf("Window %v: the server grants a stream %d bytes, want %d", c.window, got, c.want)
		}
	}
}
