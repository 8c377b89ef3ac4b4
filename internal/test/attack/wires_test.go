package attack

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	encodinggob "encoding/gob"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A wire is how a client writes a protocol without the protocol's library.
type wire struct {
	hello string // what a client sends before its first request

	// first and next return a client's first and each further request, with size bytes of
	// data.
	first, next func(size int) []byte

	half    int                // how many bytes of the hello and of a request to send so that the server waits for more
	endless string             // begins something that does not end, such as headers, after the hello
	more    func(i int) []byte // returns part i of it; nil if the protocol has nothing of this kind

	greet func(net.Conn) error // reads what the server sends before the first request
	http2 func(size int) call  // for HTTP/2: one request
	bombs *wire                // the same with compressed requests, if the server decompresses
}

// start returns the hello and the first request.
func (w wire) start(size int) []byte { return append([]byte(w.hello), w.first(size)...) }

// bombing returns w, whose compressed requests are those of bombs.
func bombing(w, bombs wire) wire {
	w.bombs = &bombs
	return w
}

// always returns a function that returns b.
func always(b []byte) func(int) []byte { return func(int) []byte { return b } }

// message returns an encoded Payload.
func message(size int) []byte {
	return payload.Append(nil, &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: 1})
}

// zeros returns an encoded Payload whose data are zeros.
func zeros(size int) []byte {
	return payload.Append(nil, &payload.Payload{Id: 1, Data: make([]byte, size)})
}

var framed = wire{first: frame, next: frame, half: 3}

func frame(size int) []byte {
	return stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: 1})
}

// granted is how a client of tcp with Grants writes, except that it does not wait for
// the grant. See package tcp for the formats.
var granted = wire{first: grantedFrame, next: grantedFrame, half: 3}

func grantedFrame(size int) []byte {
	f := frame(size)
	if size <= 1<<10 {
		return f
	}
	return append(binary.BigEndian.AppendUint32(nil, 1<<31|uint32(len(f)-stream.FrameHeader)), f...)
}

var muxed = wire{first: muxFrame, next: muxFrame, half: 11}

func muxFrame(size int) []byte {
	f := frame(size)
	return append(append(f[:stream.FrameHeader:stream.FrameHeader], make([]byte, 8)...), f[stream.FrameHeader:]...)
}

const (
	postEcho     = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"
	headerOfSize = "0123456789012345678901234567890123456789"
)

var http1 = wire{first: post, next: post, half: 40, endless: postEcho, more: always([]byte("X-Field: " + headerOfSize + "\r\n"))}

func post(size int) []byte {
	m := message(size)
	return append(fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n", postEcho, len(m)), m...)
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

// gobType returns the definition of a further type, as gob sends it before a value.
func gobType(i int) []byte {
	var b bytes.Buffer
	encodinggob.NewEncoder(&b).Encode(struct{ FieldOfATypeThatIsSentAndNeverUsed int }{1})
	definition := b.Bytes()[2 : 1+b.Bytes()[0]] // without its length and the first byte of its id
	if first := b.Bytes()[1]; first > 127 {
		definition = definition[256-int(first):] // the number of further bytes of the id
	}
	id := binary.BigEndian.AppendUint32([]byte{0xfc}, uint32(1000+i-1)<<1|1) // negative
	return slices.Concat([]byte{byte(len(id) + len(definition))}, id, definition)
}

var gob = wire{hello: "\x00", half: 20, more: gobType,
	first: func(size int) []byte { return gobFirst(message(size)) },
	next:  func(size int) []byte { return gobNext(message(size)) },
}

var gobDeflated = bombing(wire{hello: "\x01", half: 20,
	first: func(size int) []byte { return deflated(gobFirst(message(size)), flate.NoCompression) },
	next:  func(size int) []byte { return deflated(gobNext(message(size)), flate.NoCompression) },
}, wire{hello: "\x01",
	first: func(size int) []byte { return deflated(gobFirst(zeros(size)), flate.BestCompression) },
	next:  func(size int) []byte { return deflated(gobNext(zeros(size)), flate.BestCompression) },
})

// deflated returns b as blocks of DEFLATE (RFC 1951) that do not refer to what precedes
// them.
func deflated(b []byte, level int) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, level)
	w.Write(b)
	w.Flush()
	return out.Bytes()
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// zmtp is ZMTP 3.0 (rfc.zeromq.org/spec/23) as a REQ socket speaks it: a greeting of 64
// bytes, a READY command, and messages of an empty delimiter and one part.
var zmtp = wire{
	hello: "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f" + "\x03\x00" + "NULL" + strings.Repeat("\x00", 16+1+31) +
		"\x04\x26\x05READY" + "\x0bSocket-Type\x00\x00\x00\x03REQ" + "\x08Identity\x00\x00\x00\x00",
	first: zmtpMessage,
	next:  zmtpMessage,
	half:  20,
	greet: awaitReady,
	more:  always(append([]byte{1, 255}, make([]byte, 255)...)), // a part, and that more follow
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
