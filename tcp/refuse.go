package tcp

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp/internal/deadline"
)

// refusal is what a server writes in place of a reply.
var refusal = binary.BigEndian.AppendUint32(nil, stream.FrameRefused)

// A refusingCodec is the codec of a server with RefuseAbove, for the same frames as
// [stream.FrameCodec]. Its Read returns the next request that is not refused.
type refusingCodec struct {
	conn      io.ReadWriter
	limit     payload.Size
	r         *bufio.Reader
	in, out   []byte
	deadlines *deadline.Setter
	progress  *inprogress.Limit
	counted   bool // whether a request of this connection is in progress
}

// answerRefusing echoes the messages of one connection.
func answerRefusing(conn io.ReadWriter, limit payload.Size, d *deadline.Setter, progress *inprogress.Limit) {
	c := &refusingCodec{conn: conn, limit: limit, r: bufio.NewReaderSize(conn, stream.FrameBuffer), deadlines: d, progress: progress}
	defer c.end()
	stream.Answer(c, limit)
}

// Read implements [stream.Codec].
func (c *refusingCodec) Read(p *payload.Payload) (err error) {
	for {
		c.deadlines.Begin()
		if c.in, err = stream.ReadFrameBody(c.r, c.limit, c.in); err != nil {
			return err
		}
		if c.counted = c.progress.Begin(); c.counted {
			c.progress.Yield()
			return stream.DecodeFrame(c.in, p)
		}
		if _, err := c.conn.Write(refusal); err != nil {
			return err
		}
	}
}

// Write implements [stream.Codec].
func (c *refusingCodec) Write(p *payload.Payload) error {
	c.out = stream.AppendFrame(c.out[:0], p)
	c.end()
	_, err := c.conn.Write(c.out)
	return err
}

// end ends the request in progress, if there is one.
func (c *refusingCodec) end() {
	if c.counted {
		c.counted = false
		c.progress.End(1)
	}
}
