package floor

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/grow"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// header is the length of what precedes the data of a message, in bytes: the
// length of the data, the id and the timestamp, in the byte order of the machine.
const header = 4 + 8 + 8

// maxCopied is the largest length of data that is copied behind its header, so that
// one plain write takes both. A copy of longer data costs more than writev(2) does.
const maxCopied = 8 << 10

// readBuffer holds a header and a small message, as in package stream.
const readBuffer = 4096

// A codec reads and writes the messages of one connection. It implements
// stream.Codec, and allocates nothing once its buffers are large enough.
type codec struct {
	conn   net.Conn
	r      *bufio.Reader
	out    []byte
	parts  [2][]byte   // of a long message: its header and its data
	unsent net.Buffers // the parts that have not been written yet
}

func newCodec(conn net.Conn) *codec {
	return &codec{conn: conn, r: bufio.NewReaderSize(conn, readBuffer)}
}

func (c *codec) Read(p *payload.Payload) error {
	h, err := c.r.Peek(header)
	if err != nil {
		return err
	}
	n := binary.NativeEndian.Uint32(h)
	if n > uint32(maxSize) {
		return fmt.Errorf("message of %d bytes: %w", n, echo.ErrTooLarge)
	}
	p.Id = binary.NativeEndian.Uint64(h[4:])
	p.Timestamp = int64(binary.NativeEndian.Uint64(h[12:]))
	c.r.Discard(header)
	p.Data, err = grow.ReadFull(c.r, p.Data[:0], int(n))
	return err
}

func (c *codec) Write(p *payload.Payload) error {
	c.out = binary.NativeEndian.AppendUint32(c.out[:0], uint32(len(p.Data)))
	c.out = binary.NativeEndian.AppendUint64(c.out, p.Id)
	c.out = binary.NativeEndian.AppendUint64(c.out, uint64(p.Timestamp))
	if len(p.Data) > maxCopied {
		c.parts = [2][]byte{c.out, p.Data}
		c.unsent = c.parts[:]
		_, err := c.unsent.WriteTo(c.conn)
		return err
	}
	c.out = append(c.out, p.Data...)
	_, err := c.conn.Write(c.out)
	return err
}

// answer serves one connection of a Pipe or Raw.
func answer(conn net.Conn) { stream.Answer(newCodec(conn), maxSize) }

// newClient returns a Client of Pipe or Raw that owns conn. pkg is the prefix of
// every error message.
func newClient(pkg string, conn net.Conn) echo.Client {
	return stream.NewClient(pkg, conn, newCodec(conn), maxSize)
}
