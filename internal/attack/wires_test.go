package attack

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	encodinggob "encoding/gob"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A wire is how a client writes a protocol without the protocol's library.
type wire struct {
	name  string
	hello string // what a client sends before its first request

	// first and next return a client's first and each further request, which has so
	// many bytes of data. They are nil if only the library can write requests.
	first, next func(size int) []byte

	half    int    // how many bytes of the hello and of a request are not enough to be answered
	endless string // begins something, such as headers,
	more    string // which this continues without an end

	greet func(net.Conn) error // reads what the server sends before the first request
	http2 func(size int) call  // for HTTP/2: one request
	bombs *wire                // the same with compressed requests, if the server decompresses
}

// start returns the hello and the first request.
func (w wire) start(size int) []byte { return append([]byte(w.hello), w.first(size)...) }

// message returns an encoded Payload.
func message(size int) []byte {
	return payload.Append(nil, &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: 1})
}

var framed = wire{name: "frames", first: frame, next: frame, half: 3}

func frame(size int) []byte {
	return stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: 1})
}

// granted is how a client of tcp with Grants writes, except that it does not wait for
// the grant. See package tcp for the formats.
var granted = wire{name: "grants", first: grantedFrame, next: grantedFrame, half: 3}

func grantedFrame(size int) []byte {
	f := frame(size)
	if size <= 1<<10 {
		return f
	}
	return append(binary.BigEndian.AppendUint32(nil, 1<<31|uint32(len(f)-stream.FrameHeader)), f...)
}

var muxed = wire{name: "mux", first: muxFrame, next: muxFrame, half: 11}

func muxFrame(size int) []byte {
	f := frame(size)
	return append(append(f[:stream.FrameHeader:stream.FrameHeader], make([]byte, 8)...), f[stream.FrameHeader:]...)
}

const (
	postEcho     = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
	headerOfSize = "X-Field: 0123456789012345678901234567890123456789\r\n"
)

var http1 = wire{name: "HTTP/1.1", first: post, next: post, half: 40, endless: postEcho, more: headerOfSize}

func post(size int) []byte {
	m := message(size)
	return append(fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n", postEcho, len(m)), m...)
}

var http1Chunked = wire{name: "HTTP/1.1", first: postChunked, next: postChunked, half: 40, endless: postEcho + "Transfer-Encoding: chunked\r\n\r\n1;", more: headerOfSize[:40]}

func postChunked(size int) []byte {
	m := message(size)
	b := fmt.Appendf(nil, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n", postEcho, len(m))
	return append(append(b, m...), "\r\n0\r\n\r\n"...)
}

// wireRequest is gorpc's type of a request, as gob sees it.
type wireRequest struct {
	ID      uint64
	Request any
}

// gobFirst returns a request as the beginning of a gob stream.
func gobFirst(message []byte) []byte { return gobbed(1, message) }

// gobNext returns a further request.
func gobNext(message []byte) []byte { return gobbed(2, message)[len(gobbed(1, message)):] }

func gobbed(n int, message []byte) []byte {
	var b bytes.Buffer
	e := encodinggob.NewEncoder(&b)
	for range n {
		if err := e.Encode(wireRequest{1, message}); err != nil {
			panic(err) // the types are fixed
		}
	}
	return b.Bytes()
}

var gob = wire{name: "gorpc", hello: "\x00", half: 20,
	first: func(size int) []byte { return gobFirst(message(size)) },
	next:  func(size int) []byte { return gobNext(message(size)) },
}

var gobDeflated = wire{name: "gorpc", hello: "\x01", half: 20,
	first: func(size int) []byte { return deflated(gobFirst(message(size)), flate.NoCompression) },
	next:  func(size int) []byte { return deflated(gobNext(message(size)), flate.NoCompression) },
	bombs: &gobBombs,
}

// deflated returns b as blocks of DEFLATE (RFC 1951) that do not refer to what precedes
// them.
func deflated(b []byte, level int) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, level)
	w.Write(b)
	w.Flush()
	return out.Bytes()
}

// zmtp is ZMTP 3.0 (rfc.zeromq.org/spec/23) as a REQ socket speaks it: a greeting of 64
// bytes, a READY command, and messages of an empty delimiter and one part.
var zmtp = wire{
	name: "ZMTP",
	hello: greeting("NULL") +
		"\x04\x26\x05READY" + "\x0bSocket-Type\x00\x00\x00\x03REQ" + "\x08Identity\x00\x00\x00\x00",
	first: zmtpMessage,
	next:  zmtpMessage,
	half:  20,
	greet: awaitReady,
}

// curve is ZMTP with CURVE (rfc.zeromq.org/spec/26) up to its first command. Only the
// library can write more.
var curve = wire{name: "CURVE", hello: greeting("CURVE") + "\x04\xc8\x05HELLO\x01\x00" + strings.Repeat("\x00", 192), half: 64 + 20}

func greeting(mechanism string) string {
	return "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + "\x03\x00" + mechanism + strings.Repeat("\x00", 20-len(mechanism)+1+31)
}

func zmtpMessage(size int) []byte {
	m := message(size)
	b := binary.BigEndian.AppendUint64([]byte("\x01\x00\x02"), uint64(len(m))) // the last part is long
	return append(b, m...)
}

// awaitReady reads the server's greeting and its READY command.
func awaitReady(conn net.Conn) error {
	var b [64 + 2]byte
	if _, err := io.ReadFull(conn, b[:]); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, conn, int64(b[65]))
	return err
}
