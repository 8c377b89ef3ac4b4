package attack

import (
	"net"
	"strings"
	"time"

	"github.com/echobench/echobench/payload"
)

// maxSize is the maximum size of a message's data with the default options.
const maxSize = 4 << 20

// clientHello is the beginning of a TLS handshake (RFC 8446, section 4.1.2) without its
// second half.
var clientHello = "\x16\x03\x01\x02\x00" + "\x01\x00\x01\xfc\x03\x03" + string(make([]byte, 245))

// silent opens connections and sends nothing.
func silent(a *assault) error { return a.each(a.connect, func(int, net.Conn) {}) }

// half sends the first half of a handshake on each connection.
func half(a *assault) error {
	b := []byte(clientHello)
	if !a.tls {
		b = a.wire.start(64 << 10)[:a.wire.half]
	}
	return a.each(a.connect, func(_ int, conn net.Conn) { a.write(conn, b) })
}

// announce announces a message of the maximum size on each connection, and sends only
// its beginning.
func announce(a *assault) error {
	b := a.wire.first(maxSize)[:400]
	return a.each(a.greeted, func(_ int, conn net.Conn) { a.write(conn, b) })
}

// trickle sends a request on each connection, and its second half byte by byte.
func trickle(a *assault) error {
	b := a.wire.first(16 << 10)
	middle := len(b) / 2
	return a.each(a.greeted, func(_ int, conn net.Conn) {
		a.write(conn, b[:middle])
		conn.SetDeadline(time.Time{}) // the assault's end closes it
		a.running.Go(func() {
			for i := middle; i < len(b); i++ {
				select {
				case <-a.done:
					return
				case <-time.After(10 * time.Millisecond):
				}
				if _, err := conn.Write(b[i : i+1]); err != nil {
					return
				}
			}
		})
	})
}

// garbage sends bytes that are not a request, before or after what a client sends first.
func garbage(a *assault) error {
	patterns := []string{
		string(payload.Body(64<<10, 1)),
		strings.Repeat("\x00", 64<<10),
		strings.Repeat("\xff", 64<<10),
		strings.Repeat("\x80", 64<<10),
		"GET / HTTP/1.1\r\n\r\n",
		"\x16\x03\x01\x00\x05garbage",
	}
	return a.each(a.dial, func(i int, conn net.Conn) {
		b := patterns[i/2%len(patterns)]
		if i%2 == 1 {
			b = a.wire.hello + b
		}
		a.write(conn, []byte(b))
	})
}

// storm connects and resets the connection, again and again: at once, after a part of
// a request, and after a whole one.
func storm(a *assault) error {
	b := a.wire.start(64)
	parts := [][]byte{nil, []byte(a.wire.hello), b[:len(b)/2], b}
	return a.each(a.connect, func(i int, conn net.Conn) {
		a.write(conn, parts[i%len(parts)])
		conn.(*net.TCPConn).SetLinger(0) // so that Close resets the connection
		a.close(conn)
	})
}
