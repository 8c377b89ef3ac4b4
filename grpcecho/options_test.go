package grpcecho

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/race"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

func TestOptionErrors(t *testing.T) {
	large := int64(math.MaxInt32 + 1) // which a payload.Size of 32 bits takes for a negative number
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
		{&Transport{IdleTimeout: -1}, "grpcecho: IdleTimeout -1ns: want 0 or more"},
		{&Transport{Window: -1}, "grpcecho: Window -1: want 65536 to"},
		{&Transport{Window: 64<<10 - 1}, "grpcecho: Window 65535: want 65536 to"},
		{&Transport{Window: payload.Size(large)}, fmt.Sprintf("grpcecho: Window %d: want 65536 to 2147483647 bytes", int(large))},
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
		{&Transport{}, []string{"handshake timeout 10s, no idle timeout, 1024 concurrent streams", "at most 8KiB of headers, max size 4MiB"}},
		{&Transport{IdleTimeout: time.Minute}, []string{"the server's idle timeout 1m0s"}},
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
