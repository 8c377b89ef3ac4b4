package grpcecho

import (
	"io"
	"net"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
)

// handshake is what a client sends first: the connection preface and an empty
// SETTINGS frame (RFC 9113, 3.4).
const handshake = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// FuzzServer sends arbitrary bytes to the server's port, with or without a handshake
// before them. The server must end the connection when its client has nothing more
// to send, and continue to serve other clients.
func FuzzServer(f *testing.F) {
	const limit = 64 << 10
	srv := listen(f, &Transport{MaxSize: limit})
	f.Add(false, recordEcho(f, srv.Addr()))
	f.Add(true, []byte{})
	f.Add(true, []byte("\x00\x00\x00\x01\x05\x00\x00\x00\x01"))                         // HEADERS without headers
	f.Add(true, []byte("\xff\xff\xff\x00\x00\x00\x00\x00\x01"))                         // DATA of 16 MiB that does not follow
	f.Add(true, []byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff")) // SETTINGS with a window that is too large
	f.Add(true, []byte("\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff"))         // WINDOW_UPDATE that overflows
	f.Add(false, []byte("GET / HTTP/1.1\r\n\r\n"))
	other := newTestClient(f, srv.Addr(), limit)
	f.Fuzz(func(t *testing.T, shake bool, sent []byte) {
		before := testkit.Allocated()
		conn := testkit.DialTCP(t, srv.Addr())
		if shake {
			sent = append([]byte(handshake), sent...)
		}
		conn.Write(sent) // the server may close the connection before it has read everything
		conn.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, conn); err != nil && err.(net.Error).Timeout() {
			t.Errorf("the server did not end the connection: %v", err)
		}
		// Buffers of 64 KiB, a message, its data and the answer; the rest is slack.
		if got := testkit.Allocated() - before; got > 32*limit {
			t.Errorf("%d bytes were allocated with a limit of %d", got, limit)
		}
		if err := testkit.Echo(t.Context(), other, 1, 0); err != nil {
			t.Errorf("another client: %v", err)
		}
	})
}

// recordEcho returns the bytes that a client sends for one echo.
func recordEcho(f *testing.F, addr string) []byte {
	f.Helper()
	p := testkit.Proxy(f, addr)
	testkit.MustEcho(f, newTestClient(f, p.Addr(), 1<<10), 7, len("hello"))
	return p.Streams()[0]
}
