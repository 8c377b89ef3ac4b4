package mux

import (
	"encoding/binary"
	"io"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/grow"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// frameHeader is the length of what precedes each message: its length, 4 bytes, and the
// request's number, 8 bytes.
const frameHeader = stream.FrameHeader + 8

// ReadBuffer is the size of the read buffer of either end, in bytes. It lets one read
// call get many small messages.
const ReadBuffer = 64 << 10

// A reader reads the messages of a connection. It does not use a bufio.Reader, because that needs several method calls for each message, which take
// as long as decoding a small message.
type reader struct {
	limit      payload.Size
	r          io.Reader
	buf        []byte
	start, end int    // buf[start:end] has been read from r and not been returned
	large      []byte // the last message that did not fit into buf
}

func newReader(r io.Reader, limit payload.Size) *reader {
	return &reader{limit: limit, r: r, buf: make([]byte, ReadBuffer)}
}

// next returns the number and the encoding of the next message. body is valid until
// next has to read from the connection again, and therefore at least for as long as
// ready returns true before each call of next. next checks the length against the
// limit before it allocates anything, and the storage of a large message grows with
// what arrives. It returns io.EOF only between messages. A refusal is the error
// echo.ErrRefused with the request's number, after which next can be called again.
func (r *reader) next() (number uint64, body []byte, err error) {
	if err := r.fill(frameHeader); err != nil {
		return 0, nil, err
	}
	prefix := r.buf[r.start:][:frameHeader]
	number = binary.BigEndian.Uint64(prefix[stream.FrameHeader:])
	length := binary.BigEndian.Uint32(prefix)
	if err := stream.CheckFrame(length, r.limit); err != nil {
		if err == echo.ErrRefused {
			r.start += frameHeader
		}
		return number, nil, err
	}
	n := int(length)
	if frameHeader+n <= len(r.buf) {
		if err := r.fill(frameHeader + n); err != nil {
			return 0, nil, err
		}
		body = r.buf[r.start+frameHeader:][:n]
		r.start += frameHeader + n
		return number, body, nil
	}
	r.large = append(r.large[:0], r.buf[r.start+frameHeader:r.end]...)
	r.start, r.end = 0, 0
	r.large, err = grow.ReadFull(r.r, r.large, n)
	return number, r.large, err
}

// fill reads until buf holds n bytes or more.
func (r *reader) fill(n int) error {
	have := r.end - r.start
	if have >= n {
		return nil
	}
	copy(r.buf, r.buf[r.start:r.end])
	got, err := io.ReadAtLeast(r.r, r.buf[have:], n-have)
	r.start, r.end = 0, have+got
	if err == io.EOF && have > 0 {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// ready reports whether next will return without reading from the connection.
func (r *reader) ready() bool {
	have := r.buf[r.start:r.end]
	if len(have) < frameHeader {
		return false
	}
	n := binary.BigEndian.Uint32(have)
	return n == stream.FrameRefused || uint64(len(have)) >= frameHeader+uint64(n)
}

// appendFrame appends p as the message with the given number to b.
func appendFrame(b []byte, number uint64, p *payload.Payload) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, number)
	b = payload.Append(b, p)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-frameHeader))
	return b
}

// appendRefusal appends the refusal of the request with the given number to b.
func appendRefusal(b []byte, number uint64) []byte {
	b = binary.BigEndian.AppendUint32(b, stream.FrameRefused)
	return binary.BigEndian.AppendUint64(b, number)
}
