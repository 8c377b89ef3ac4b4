package gorpcecho

import (
	"bufio"
	"compress/flate"
	"io"

	"github.com/echobench/echobench/payload"
)

// A conn is between gorpc and a connection: it checks what comes in, and
// compresses. gorpc could compress itself, in the same way (DEFLATE at its
// fastest, flushed when gorpc flushes), but then nothing could look at the
// messages before gob does. So gorpc is told that there is no compression,
// and what the other end is told is the handshake's byte here.
type conn struct {
	wire
	fail func(error) // nil, or told the first error
	in   io.Reader
	out  *deflater // nil if not compressed

	// What gorpc itself reads and writes as the handshake's byte, once.
	greeting, handshake []byte
}

const (
	plain      = 0
	compressed = 1
)

// newClientConn wraps a connection whose handshake gorpc is about to write.
func newClientConn(c wire, compress bool, limit payload.Size, fail func(error)) *conn {
	w := &conn{wire: c, fail: fail, handshake: []byte{plain}}
	if compress {
		w.handshake[0] = compressed
	}
	w.start(compress, responses, limit)
	return w
}

// newServerConn wraps a connection whose handshake was read.
func newServerConn(c wire, compress bool, limit payload.Size) *conn {
	w := &conn{wire: c, greeting: []byte{plain}}
	w.start(compress, requests, limit)
	return w
}

func (c *conn) start(compress bool, form form, limit payload.Size) {
	in := io.Reader(c.Conn)
	if compress {
		in = flate.NewReader(bufio.NewReaderSize(c.Conn, buffer))
		c.out = newDeflater(c.Conn)
	}
	c.in = newGate(in, form, limit)
}

func (c *conn) Read(p []byte) (int, error) {
	if len(c.greeting) > 0 {
		n := copy(p, c.greeting)
		c.greeting = c.greeting[n:]
		return n, nil
	}
	n, err := c.in.Read(p)
	return n, c.note(err)
}

func (c *conn) Write(p []byte) (int, error) {
	if len(c.handshake) > 0 {
		n, err := c.Conn.Write(c.handshake)
		c.handshake = nil
		return n, c.note(err)
	}
	if c.out == nil {
		n, err := c.Conn.Write(p)
		return n, c.note(err)
	}
	n, err := c.out.Write(p)
	return n, c.note(err)
}

func (c *conn) note(err error) error {
	if err != nil && c.fail != nil {
		c.fail(err)
	}
	return err
}

// A deflater compresses, and sends all that it was given before it returns.
type deflater struct {
	z *flate.Writer
	w *bufio.Writer
}

func newDeflater(w io.Writer) *deflater {
	d := &deflater{w: bufio.NewWriterSize(w, buffer)}
	d.z, _ = flate.NewWriter(d.w, flate.BestSpeed) // the error is for an unknown level
	return d
}

func (d *deflater) Write(p []byte) (int, error) {
	if _, err := d.z.Write(p); err != nil {
		return 0, err
	}
	if err := d.z.Flush(); err != nil {
		return 0, err
	}
	if err := d.w.Flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}
