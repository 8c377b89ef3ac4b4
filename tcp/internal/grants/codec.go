package grants

import (
	"bufio"
	"io"
	"sync"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A pooledCodec is a [stream.Codec] for the same frames as [stream.FrameCodec]. It
// takes its buffers from a pool, and only for as long as a message is in transfer.
// Grants allow few such messages, so their buffers stay in the processor's cache,
// and a connection that waits has no buffer.
type pooledCodec struct {
	conn    io.ReadWriter
	limit   payload.Size
	r       *bufio.Reader
	buffers *Buffers
}

func newPooledCodec(conn io.ReadWriter, limit payload.Size, buffers *Buffers) *pooledCodec {
	return &pooledCodec{conn: conn, limit: limit, r: bufio.NewReaderSize(conn, stream.FrameBuffer), buffers: buffers}
}

// Read implements [stream.Codec]. It returns io.EOF only between frames.
func (c *pooledCodec) Read(p *payload.Payload) error {
	if _, err := c.r.Peek(1); err != nil { // wait before taking a buffer
		return err
	}
	buf := c.buffers.get()
	defer c.buffers.put(buf)
	var err error
	*buf, err = stream.ReadFrame(c.r, c.limit, *buf, p)
	return err
}

// Write implements [stream.Codec]. It makes one write call.
func (c *pooledCodec) Write(p *payload.Payload) error {
	buf := c.buffers.get()
	defer c.buffers.put(buf)
	*buf = stream.AppendFrame((*buf)[:0], p)
	_, err := c.conn.Write(*buf)
	return err
}

// Buffers is a pool of buffers for encoded messages. The zero value is ready to use.
type Buffers struct{ pool sync.Pool }

func (b *Buffers) get() *[]byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return buf
	}
	return new([]byte)
}

func (b *Buffers) put(buf *[]byte) { b.pool.Put(buf) }
