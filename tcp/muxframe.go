package tcp

import (
	"bufio"
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

// A muxReader reads the messages of a multiplexed connection.
type muxReader struct {
	limit payload.Size
	r     *bufio.Reader
	large []byte // the last message that the buffer could not hold
}

func newMuxReader(r io.Reader, limit payload.Size) *muxReader {
	return &muxReader{limit: limit, r: bufio.NewReaderSize(r, muxReadBuffer)}
}

// next returns the next message, encoded. The bytes stay as they are as long as
// ready says that there is one more. The length is checked before anything is
// allocated for it; io.EOF comes only between messages.
func (f *muxReader) next() (number uint64, body []byte, err error) {
	prefix, err := f.r.Peek(muxHeader)
	if err != nil {
		if err == io.EOF && len(prefix) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(prefix)
	number = binary.BigEndian.Uint64(prefix[header:])
	if err := checkLength(n, f.limit); err != nil {
		return 0, nil, err
	}
	f.r.Discard(muxHeader)
	if int(n) <= f.r.Size() {
		body, err = f.r.Peek(int(n))
		f.r.Discard(len(body))
	} else {
		f.large = slices.Grow(f.large[:0], int(n))[:n]
		body = f.large
		_, err = io.ReadFull(f.r, body)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return number, body, err
}

// ready says whether next will return without reading from the connection.
func (f *muxReader) ready() bool {
	if f.r.Buffered() < muxHeader {
		return false
	}
	prefix, _ := f.r.Peek(header)
	return uint64(f.r.Buffered()) >= muxHeader+uint64(binary.BigEndian.Uint32(prefix))
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
