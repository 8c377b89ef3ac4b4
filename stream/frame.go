package stream

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/grow"
	"github.com/echobench/echobench/payload"
)

// FrameHeader is the length of the prefix of a frame, in bytes.
const FrameHeader = 4

// FrameRefused is what a server sends in place of a length, and without a message, to
// refuse a request because too many are in progress. No limit up to 1 GiB allows a
// message of this length.
const FrameRefused = 1<<32 - 1

// FrameBuffer is the size of a FrameCodec's read buffer, in bytes. It holds a
// header and a small message, so that one read call gets both. The rest of a large
// message is read straight into its own buffer.
const FrameBuffer = 4096

// firstBuffer is the size of the read buffer until a message does not fit in it, so
// that many connections with tiny messages take little memory.
const firstBuffer = 512

// A FrameCodec is a [Codec] for frames. A frame is the length of a message, 4
// bytes in big-endian order, followed by the message as [payload.Append] encodes
// it. The codec's buffers grow to the size of the largest message and are reused.
type FrameCodec struct {
	conn    io.ReadWriter
	limit   payload.Size
	r       *bufio.Reader
	in, out []byte
}

// NewFrameCodec returns a codec for frames on conn. For a frame whose length allows
// more than limit bytes of data, Read returns an error that matches echo.ErrTooLarge.
// For FrameRefused it returns echo.ErrRefused, and may be called again.
func NewFrameCodec(conn io.ReadWriter, limit payload.Size) *FrameCodec {
	return &FrameCodec{conn: conn, limit: limit, r: bufio.NewReaderSize(conn, firstBuffer)}
}

// Read implements [Codec]. It returns io.EOF only between frames.
func (f *FrameCodec) Read(p *payload.Payload) (err error) {
	f.in, err = ReadFrame(f.r, f.limit, f.in, p)
	if f.r.Size() < FrameBuffer && len(p.Data) > firstBuffer-FrameHeader-payload.Overhead && f.r.Buffered() == 0 {
		f.r = bufio.NewReaderSize(f.conn, FrameBuffer)
	}
	return err
}

// Write implements [Codec]. It makes one write call.
func (f *FrameCodec) Write(p *payload.Payload) error {
	f.out = AppendFrame(f.out[:0], p)
	_, err := f.conn.Write(f.out)
	return err
}

// ReadFrame reads one frame from r into p. It decodes a message that r has buffered in
// place. The data of a longer message that [payload.Append] encoded is read straight
// into the storage of p.Data, grown if necessary, together with what follows the data.
// Any other message passes through the storage of buf, which ReadFrame returns, grown if
// necessary, for the next call.
//
// It checks the frame's length against the limit on data, in bytes, before it
// allocates anything, and the storage grows with what arrives. It returns io.EOF only
// if r ends before the frame.
func ReadFrame(r *bufio.Reader, limit payload.Size, buf []byte, p *payload.Payload) ([]byte, error) {
	n, err := readHeader(r, limit)
	if err != nil {
		return buf, err
	}
	if r.Buffered() >= n { // copying a small message takes less than the calls below
		body, _ := r.Peek(n)
		err := DecodeFrame(body, p)
		r.Discard(n)
		return buf, err
	}
	first, err := r.Peek(min(n, payload.HeadMax))
	if err != nil {
		return buf, unexpected(err)
	}
	head, data, ok := payload.UnmarshalHead(first, n, p)
	if !ok {
		if buf, err = grow.ReadFull(r, buf[:0], n); err != nil {
			return buf, err
		}
		return buf, DecodeFrame(buf, p)
	}
	r.Discard(head)
	if p.Data, err = grow.ReadFull(r, p.Data, n-head); err != nil {
		return buf, err
	}
	rest := p.Data[data:]
	p.Data = p.Data[:data]
	if err := payload.UnmarshalMore(rest, p); err != nil {
		return buf, notPayload(n, err)
	}
	return buf, nil
}

// ReadFrameBody reads one frame and does not decode the message, which it returns in
// the storage of buf, grown if necessary. Otherwise it does what ReadFrame does.
func ReadFrameBody(r *bufio.Reader, limit payload.Size, buf []byte) (body []byte, err error) {
	n, err := readHeader(r, limit)
	if err != nil {
		return buf, err
	}
	return grow.ReadFull(r, buf[:0], n)
}

// readHeader reads the header of a frame, and returns the length of the message.
func readHeader(r *bufio.Reader, limit payload.Size) (int, error) {
	prefix, err := r.Peek(FrameHeader)
	if err != nil {
		if len(prefix) > 0 {
			err = unexpected(err)
		}
		return 0, err
	}
	n := binary.BigEndian.Uint32(prefix)
	err = CheckFrame(n, limit)
	if err == nil || err == echo.ErrRefused {
		r.Discard(FrameHeader)
	}
	return int(n), err
}

// unexpected returns err, or io.ErrUnexpectedEOF if it is io.EOF.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// CheckFrame checks the length of an encoded message, as it came from the wire,
// against a limit on the message's data. Its error is echo.ErrRefused for
// FrameRefused, and matches echo.ErrTooLarge otherwise.
func CheckFrame(n uint32, limit payload.Size) error {
	if n == FrameRefused {
		return echo.ErrRefused
	}
	if uint64(n) > uint64(limit)+payload.Overhead {
		return fmt.Errorf("frame of %d bytes exceeds the limit of %v of data: %w", n, limit, echo.ErrTooLarge)
	}
	return nil
}

// DecodeFrame decodes a frame without its header into p.
func DecodeFrame(b []byte, p *payload.Payload) error {
	if err := payload.Unmarshal(b, p); err != nil {
		return notPayload(len(b), err)
	}
	return nil
}

func notPayload(n int, err error) error {
	return fmt.Errorf("frame of %d bytes is not a Payload: %w", n, err)
}

// AppendFrame appends p as one frame to b.
func AppendFrame(b []byte, p *payload.Payload) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = payload.Append(b, p)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-FrameHeader))
	return b
}
