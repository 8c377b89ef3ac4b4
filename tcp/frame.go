package tcp

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

// header is the length prefix: 4 bytes, big-endian.
const header = 4

// readBuffer holds a header and a small message, so that one read call gets
// both; the rest of a large message is read straight into its frame.
const readBuffer = 4096

// A frameReader reads messages into one buffer, which grows as needed.
type frameReader struct {
	r     *bufio.Reader
	limit payload.Size
	frame []byte
}

func newFrameReader(r io.Reader, limit payload.Size) *frameReader {
	return &frameReader{r: bufio.NewReaderSize(r, readBuffer), limit: limit}
}

// read reads one message into p. It returns io.EOF only between messages. The
// length is checked before anything is allocated for it.
func (f *frameReader) read(p *payload.Payload) error {
	prefix, err := f.r.Peek(header)
	if err != nil {
		if err == io.EOF && len(prefix) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	n := binary.BigEndian.Uint32(prefix)
	if uint64(n) > uint64(f.limit)+payload.Overhead {
		return fmt.Errorf("frame of %d bytes exceeds the limit of %v of data: %w", n, f.limit, echobench.ErrTooLarge)
	}
	f.r.Discard(header)
	f.frame = slices.Grow(f.frame[:0], int(n))[:n]
	if _, err := io.ReadFull(f.r, f.frame); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if err := proto.Unmarshal(f.frame, p); err != nil {
		return fmt.Errorf("frame of %d bytes is not a Payload: %w", n, err)
	}
	return nil
}

// appendFrame appends p as one message to b.
func appendFrame(b []byte, p *payload.Payload) ([]byte, error) {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b, err := proto.MarshalOptions{}.MarshalAppend(b, p)
	if err != nil {
		return b, err
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-header))
	return b, nil
}
