package grpcecho

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/race"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

func TestOptionErrors(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want string
	}{
		{&Transport{Conns: -2}, "grpcecho: Conns -2: want 1 to 65535, 0 for the usual number, or echo.Each"},
		{&Transport{Conns: maxConns + 1}, "grpcecho: Conns 65536: want 1 to 65535"},
		{&Transport{MaxSize: -1}, "grpcecho: MaxSize -1: want 1 to"},
		{&Transport{WriteBuffer: -1}, "grpcecho: WriteBuffer -1: want 0 or more"},
		{&Transport{ReadBuffer: -1}, "grpcecho: ReadBuffer -1: want 0 or more"},
		{&Transport{RefuseAbove: -1}, "grpcecho: RefuseAbove -1: want 0 or more"},
		{&Transport{IdleTimeout: -1}, "grpcecho: IdleTimeout -1ns: want a positive duration"},
		{&Transport{Window: -1}, "grpcecho: Window -1: want 65536 to"},
		{&Transport{Window: 64<<10 - 1}, "grpcecho: Window 65535: want 65536 to"},
		{&Transport{Window: 2 << 30}, "grpcecho: Window 2147483648: want 65536 to 2147483647 bytes"},
	} {
		if srv, err := c.tr.Listen(""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Listen: error %v, want %q", err, c.want)
			if err == nil {
				srv.Close()
			}
		}
		if client, err := c.tr.Dial(testkit.Context(t), "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Dial: error %v, want %q", err, c.want)
			if err == nil {
				client.Close()
			}
		}
	}
}

func TestSettings(t *testing.T) {
	windows := "windows of 64KiB that grow"
	if race.Enabled {
		windows = "windows of 64KiB for each stream and connection, fixed"
	}
	for _, c := range []struct {
		tr   *Transport
		want []string
	}{
		{&Transport{}, []string{"unary calls", "HTTP/2 without TLS", "one ClientConn for all workers,", "no compression", "read buffer 32KiB, write buffer 32KiB", windows, "payload's codec", "grpc's default buffer pool"}},
		{&Transport{}, []string{"10s for the first message, no idle timeout after it, 1024 concurrent streams", "32 MiB of messages in flight for a client, at most 61 MiB of the server's memory for a connection"}},
		{&Transport{IdleTimeout: time.Minute}, []string{"1m0s for further ones"}},
		{&Transport{MaxSize: 64 << 20}, []string{"64 MiB of messages in flight for a client"}},
		{&Transport{StockCodec: true}, []string{"grpc's own codec"}},
		{&Transport{Conns: 8}, []string{"8 ClientConns for all workers,"}},
		{&Transport{Conns: echo.Each}, []string{"one ClientConn for each worker,"}},
		{&Transport{Stream: true, TLS: true, Compress: true, Pool: TieredPool()}, []string{"a stream for each call in flight", "over TLS, the server's certificate not verified", "gzip, default level", "a custom buffer pool"}},
		{&Transport{RefuseAbove: 7}, []string{"requests refused while 7 are in progress"}},
		{&Transport{ReadBuffer: 1 << 10, WriteBuffer: 2 << 10, Window: 1 << 20}, []string{"read buffer 1KiB, write buffer 2KiB", "windows of 1MiB for each stream and connection, fixed"}},
	} {
		got := c.tr.Describe(100).Settings
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("settings\n%s\nwant %q in it", got, want)
			}
		}
	}
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
			srv, far := listenWatched(t, c.tr)
			client, near := dialWatched(t, c.tr, srv.Addr())
			for range 3 { // until the windows have grown
				testkit.MustEcho(t, client, 1, 1<<20)
			}
			for _, end := range []struct {
				name    string
				traffic *traffic
			}{{"server", &far.traffic}, {"client", near}} {
				read, wrote := payload.Size(end.traffic.read.Load()), payload.Size(end.traffic.wrote.Load())
				if read != c.read || wrote != c.wrote {
					t.Errorf("the %s reads into up to %d bytes and writes up to %d at once, want %d and %d", end.name, read, wrote, c.read, c.wrote)
				}
			}
		})
	}
}

// dialWatched returns a client of tr and the traffic of its connection.
func dialWatched(t *testing.T, tr *Transport, addr string) (*client, *traffic) {
	t.Helper()
	limit, err := tr.check()
	if err != nil {
		t.Fatal(err)
	}
	near := new(traffic)
	dialer := grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		return &watchedConn{conn, near}, err
	})
	tr.client = []grpc.DialOption{dialer}
	c, err := tr.newClient(addr, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, near
}

func TestWindow(t *testing.T) {
	byDefault := payload.Size(64<<10 - 1)
	if race.Enabled {
		byDefault = minWindow
	}
	for _, c := range []struct{ window, want payload.Size }{{0, byDefault}, {minWindow, minWindow}, {1 << 20, 1 << 20}} {
		srv := listen(t, &Transport{Window: c.window})
		if got := initialWindow(t, srv.Addr()); got != c.want {
			t.Errorf("Window %v: the server grants a stream %d bytes, want %d", c.window, got, c.want)
		}
	}
}

// initialWindow returns how many bytes a server allows on a new stream. The server
// states that in its first frame, which is a SETTINGS frame (RFC 9113, 6.5.2).
func initialWindow(t *testing.T, addr string) payload.Size {
	t.Helper()
	const settingsInitialWindowSize = 4
	conn := testkit.DialTCP(t, addr)
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
	window := payload.Size(64<<10 - 1) // the protocol's default
	for ; len(settings) >= 6; settings = settings[6:] {
		if binary.BigEndian.Uint16(settings) == settingsInitialWindowSize {
			window = payload.Size(binary.BigEndian.Uint32(settings[2:]))
		}
	}
	return window
}
