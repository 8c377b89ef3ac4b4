package floor

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A message is its length, id and timestamp, 20 bytes as they lie in memory,
// and the data.
const header = 4 + 8 + 8

// A codec allocates nothing once it has grown.
type codec struct {
	conn net.Conn
	r    *bufio.Reader
	out  []byte
}

func newCodec(conn net.Conn) *codec {
	return &codec{conn: conn, r: bufio.NewReaderSize(conn, 4096)}
}

func (s *codec) Read(p *payload.Payload) error {
	h, err := s.r.Peek(header)
	if err != nil {
		return err
	}
	n := binary.NativeEndian.Uint32(h)
	if n > uint32(check.DefaultMaxSize) {
		return fmt.Errorf("message of %d bytes: %w", n, echo.ErrTooLarge)
	}
	p.Id = binary.NativeEndian.Uint64(h[4:])
	p.Timestamp = int64(binary.NativeEndian.Uint64(h[12:]))
	s.r.Discard(header)
	p.Data = slices.Grow(p.Data[:0], int(n))[:n]
	_, err = io.ReadFull(s.r, p.Data)
	return err
}

func (s *codec) Write(p *payload.Payload) error {
	s.out = binary.NativeEndian.AppendUint32(s.out[:0], uint32(len(p.Data)))
	s.out = binary.NativeEndian.AppendUint64(s.out, p.Id)
	s.out = binary.NativeEndian.AppendUint64(s.out, uint64(p.Timestamp))
	s.out = append(s.out, p.Data...)
	_, err := s.conn.Write(s.out)
	return err
}

func answer(conn net.Conn) { stream.Answer(newCodec(conn), check.DefaultMaxSize) }

func newClient(name string, conn net.Conn) *stream.Client {
	return stream.NewClient(name, conn, newCodec(conn), check.DefaultMaxSize)
}
