package grpcecho

import (
	"context"
	"io"
	"net"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
)

// handshake is what a client sends first: the preface and no settings (RFC 9113,
// 3.4).
const handshake = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// allocated is how many bytes the process has allocated so far; small objects
// show up late, large ones at once.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// FuzzServer sends bytes to the server's port, after a handshake or not. The
// server must end that connection when its client has no more to say, and go on
// serving others.
func FuzzServer(f *testing.F) {
	const limit = 64 << 10
	srv := listenAndServe(f, &Transport{MaxSize: limit, server: garbageProof})
	f.Add(false, recordEcho(f, srv.Addr()))
	f.Add(true, []byte{})
	f.Add(true, []byte("\x00\x00\x00\x01\x05\x00\x00\x00\x01"))                         // HEADERS, none
	f.Add(true, []byte("\xff\xff\xff\x00\x00\x00\x00\x00\x01"))                         // DATA of 16 MiB, unsent
	f.Add(true, []byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff")) // SETTINGS, a window too large
	f.Add(true, []byte("\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff"))         // WINDOW_UPDATE, overflow
	f.Add(false, []byte("GET / HTTP/1.1\r\n\r\n"))
	other := dial(f, srv.Addr(), limit)
	f.Fuzz(func(t *testing.T, shake bool, sent []byte) {
		before := allocated()
		conn, err := net.Dial("tcp", srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(waitLimit))
		if shake {
			sent = append([]byte(handshake), sent...)
		}
		conn.Write(sent) // the server may hang up before it has read all
		conn.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, conn); err != nil && err.(net.Error).Timeout() {
			t.Errorf("the server has not ended the connection: %v", err)
		}
		// Buffers of 64 KiB, a message, its data and the answer; the rest is slack.
		if got := allocated() - before; got > 32*limit {
			t.Errorf("%d bytes allocated with a limit of %d", got, limit)
		}
		ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
		defer cancel()
		var reply payload.Payload
		if err := other.Echo(ctx, &payload.Payload{Id: 1}, &reply); err != nil || reply.Id != 1 {
			t.Errorf("another client: %v, %v", err, &reply)
		}
	})
}

// recordEcho is what a client sends for one echo.
func recordEcho(f *testing.F, addr string) []byte {
	f.Helper()
	p, err := proxy.Start(addr)
	if err != nil {
		f.Fatal(err)
	}
	defer p.Close()
	c := dial(f, p.Addr(), 1<<10)
	defer c.Close()
	if err := c.Echo(bounded(f), &payload.Payload{Id: 7, Data: []byte("hello"), Timestamp: 1}, &payload.Payload{}); err != nil {
		f.Fatal(err)
	}
	return p.Streams()[0]
}
