package tcp

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// refusal is what a server writes in place of a reply, or of the grant for a message
// that was announced. On a multiplexed connection the request's number follows.
var refusal = binary.BigEndian.AppendUint32(nil, stream.FrameRefused)

// errRefused is the error of a call that the server of a multiplexed connection has
// refused.
var errRefused = fmt.Errorf("tcp: %w", echo.ErrRefused)

// appendMuxRefusal appends the refusal of the request with the given number to b.
func appendMuxRefusal(b []byte, number uint64) []byte {
	b = append(b, refusal...)
	return binary.BigEndian.AppendUint64(b, number)
}

// A refusingCodec is the codec of a server with RefuseAbove, for the same frames as
// [stream.FrameCodec]. Its Read returns the next request that is not refused.
type refusingCodec struct {
	conn      io.ReadWriter
	limit     payload.Size
	r         *bufio.Reader
	in, out   []byte
	deadlines *deadlines
	progress  *inprogress.Limit
	counted   bool // whether a request of this connection is in progress
}

// answerRefusing echoes the messages of one connection.
func answerRefusing(conn io.ReadWriter, limit payload.Size, d *deadlines, progress *inprogress.Limit) {
	c := &refusingCodec{conn: conn, limit: limit, r: bufio.NewReaderSize(conn, stream.FrameBuffer), deadlines: d, progress: progress}
	defer c.end()
	stream.Answer(c, limit)
}

// Read implements [stream.Codec].
func (c *refusingCodec) Read(p *payload.Payload) (err error) {
	for {
		c.deadlines.begin()
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
