package tcp

import (
	"encoding/binary"
	"io"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/grow"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// muxHeader is the length of what precedes each message on a multiplexed
// connection: the message's length, 4 bytes, and the request's number, 8 bytes,
// both in big-endian order. The client chooses the number, and the reply has the
// same one.
const muxHeader = stream.FrameHeader + 8

// muxReadBuffer is the size of the read buffer, in bytes. It lets one read call get
// many small messages.
const muxReadBuffer = 64 << 10

// A muxReader reads the messages of a multiplexed connection. It does not use a
// bufio.Reader, because that needs several method calls for each message, which take
// as long as decoding a small message.
type muxReader struct {
	limit      payload.Size
	r          io.Reader
	buf        []byte
	start, end int    // buf[start:end] has been read from r and not been returned
	large      []byte // the last message that did not fit into buf
}

func newMuxReader(r io.Reader, limit payload.Size) *muxReader {
	return &muxReader{limit: limit, r: r, buf: make([]byte, muxReadBuffer)}
}

// next returns the number and the encoding of the next message. body is valid until
// next has to read from the connection again, and therefore at least for as long as
// ready returns true before each call of next. next checks the length against the
// limit before it allocates anything, and the storage of a large message grows with
// what arrives. It returns io.EOF only between messages. A refusal is the error
// echo.ErrRefused with the request's number, after which next can be called again.
func (r *muxReader) next() (number uint64, body []byte, err error) {
	if err := r.fill(muxHeader); err != nil {
		return 0, nil, err
	}
	prefix := r.buf[r.start:][:muxHeader]
	number = binary.BigEndian.Uint64(prefix[stream.FrameHeader:])
	length := binary.BigEndian.Uint32(prefix)
	if err := stream.CheckFrame(length, r.limit); err != nil {
		if err == echo.ErrRefused {
			r.start += muxHeader
		}
		return number, nil, err
	}
	n := int(length)
	if muxHeader+n <= len(r.buf) {
		if err := r.fill(muxHeader + n); err != nil {
			return 0, nil, err
		}
		body = r.buf[r.start+muxHeader:][:n]
		r.start += muxHeader + n
		return number, body, nil
	}
	r.large = append(r.large[:0], r.buf[r.start+muxHeader:r.end]...)
	r.start, r.end = 0, 0
	r.large, err = grow.ReadFull(r.r, r.large, n)
	return number, r.large, err
}

// fill reads until buf holds n bytes or more.
func (r *muxReader) fill(n int) error {
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
func (r *muxReader) ready() bool {
	have := r.buf[r.start:r.end]
	if len(have) < muxHeader {
		return false
	}
	n := binary.BigEndian.Uint32(have)
	return n == stream.FrameRefused || uint64(len(have)) >= muxHeader+uint64(n)
}

// appendMuxFrame appends p as the message with the given number to b.
func appendMuxFrame(b []byte, number uint64, p *payload.Payload) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, number)
	b = payload.Append(b, p)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-muxHeader))
	return b
}
