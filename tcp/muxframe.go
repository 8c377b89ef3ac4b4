package tcp

import (
	"encoding/binary"
	"io"
	"slices"

	"github.com/echobench/echobench/payload"
)

// muxHeader precedes each message on a multiplexed connection: its length, 4
// bytes, and the request's number, 8 bytes, both big-endian. The number is the
// client's choice, and the reply has the same.
const muxHeader = header + 8

// muxReadBuffer lets one read call get many small messages.
const muxReadBuffer = 64 << 10

// A muxReader reads the messages of a multiplexed connection. It is a
// bufio.Reader that knows what a message is: several calls of one for each
// message would take as long as to decode it.
type muxReader struct {
	limit      payload.Size
	r          io.Reader
	buf        []byte
	start, end int    // what buf holds
	large      []byte // the last message that buf could not hold
}

func newMuxReader(r io.Reader, limit payload.Size) *muxReader {
	return &muxReader{limit: limit, r: r, buf: make([]byte, muxReadBuffer)}
}

// next returns the next message, encoded. The bytes stay as they are as long as
// ready says that there is one more. The length is checked before anything is
// allocated for it; io.EOF comes only between messages.
func (f *muxReader) next() (number uint64, body []byte, err error) {
	if err := f.fill(muxHeader); err != nil {
		return 0, nil, err
	}
	prefix := f.buf[f.start:][:muxHeader]
	number = binary.BigEndian.Uint64(prefix[header:])
	length := binary.BigEndian.Uint32(prefix)
	if err := checkLength(length, f.limit); err != nil {
		return 0, nil, err
	}
	n := int(length)
	if muxHeader+n <= len(f.buf) {
		if err := f.fill(muxHeader + n); err != nil {
			return 0, nil, err
		}
		body = f.buf[f.start+muxHeader:][:n]
		f.start += muxHeader + n
		return number, body, nil
	}
	f.large = slices.Grow(f.large[:0], n)[:n]
	have := copy(f.large, f.buf[f.start+muxHeader:f.end])
	f.start, f.end = 0, 0
	if _, err = io.ReadFull(f.r, f.large[have:]); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return number, f.large, err
}

// fill reads until buf holds n bytes, and as many more as there are.
func (f *muxReader) fill(n int) error {
	have := f.end - f.start
	if have >= n {
		return nil
	}
	copy(f.buf, f.buf[f.start:f.end])
	got, err := io.ReadAtLeast(f.r, f.buf[have:], n-have)
	f.start, f.end = 0, have+got
	if err == io.EOF && have > 0 {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// ready says whether next will return without reading from the connection.
func (f *muxReader) ready() bool {
	have := f.buf[f.start:f.end]
	return len(have) >= muxHeader && uint64(len(have)) >= muxHeader+uint64(binary.BigEndian.Uint32(have))
}

// appendMuxFrame appends p as one message to b.
func appendMuxFrame(b []byte, number uint64, p *payload.Payload) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint64(b, number)
	b = payload.Append(b, p)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-muxHeader))
	return b
}
