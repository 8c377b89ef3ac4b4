package tcp

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// header is the length prefix: 4 bytes, big-endian.
const header = 4

// readBuffer holds a header and a small message, so that one read call gets
// both; the rest of a large message is read straight into its frame.
const readBuffer = 4096

// A codec reads and writes frames on one connection. Its buffers grow to the
// largest message and stay, unless buffers lends them.
type codec struct {
	conn    io.ReadWriter
	limit   payload.Size
	r       *bufio.Reader
	in, out []byte
	buffers *frameBuffers // nil if in and out are the codec's own
}

func newCodec(conn io.ReadWriter, limit payload.Size) *codec {
	return &codec{conn: conn, limit: limit, r: bufio.NewReaderSize(conn, readBuffer)}
}

// Read implements [stream.Codec]. It returns io.EOF only between messages. The
// length is checked before anything is allocated for it.
func (f *codec) Read(p *payload.Payload) error {
	prefix, err := f.r.Peek(header)
	if err != nil {
		if err == io.EOF && len(prefix) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	n := binary.BigEndian.Uint32(prefix)
	if err := checkLength(n, f.limit); err != nil {
		return err
	}
	f.r.Discard(header)
	defer f.borrow(&f.in)()
	f.in = slices.Grow(f.in[:0], int(n))[:n]
	if _, err := io.ReadFull(f.r, f.in); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return decode(f.in, p)
}

// checkLength checks a message's length on the wire against a limit on its data.
func checkLength(n uint32, limit payload.Size) error {
	if uint64(n) > uint64(limit)+payload.Overhead {
		return fmt.Errorf("frame of %d bytes exceeds the limit of %v of data: %w", n, limit, echo.ErrTooLarge)
	}
	return nil
}

func decode(b []byte, p *payload.Payload) error {
	if err := payload.Unmarshal(b, p); err != nil {
		return fmt.Errorf("frame of %d bytes is not a Payload: %w", len(b), err)
	}
	return nil
}

// Write implements [stream.Codec].
func (f *codec) Write(p *payload.Payload) error {
	defer f.borrow(&f.out)()
	f.out = appendFrame(f.out[:0], p)
	_, err := f.conn.Write(f.out)
	return err
}

// appendFrame appends p as one message to b.
func appendFrame(b []byte, p *payload.Payload) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = payload.Append(b, p)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-header))
	return b
}

// borrow fills one of the codec's buffers until what it returns is called.
func (f *codec) borrow(own *[]byte) (giveBack func()) {
	if f.buffers == nil {
		return func() {}
	}
	lent := f.buffers.get()
	*own = *lent
	return func() {
		*lent, *own = *own, nil
		f.buffers.pool.Put(lent)
	}
}
