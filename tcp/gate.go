package tcp

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// stallLimit is how long a grant may last before the server gives it to another
// message as well.
const stallLimit = time.Second

// A gate holds the grants of a server.
type gate struct {
	granted chan struct{} // holds a value for each grant in use; waiting connections send in order
	stall   time.Duration
	once    sync.Once
	closed  chan struct{}
}

func newGate(grants int) *gate {
	return &gate{granted: make(chan struct{}, grants), stall: stallLimit, closed: make(chan struct{})}
}

// close ends the waiting for grants. It may be called more than once.
func (g *gate) close() { g.once.Do(func() { close(g.closed) }) }

// answer echoes the messages of one connection. It writes grants to the same
// connection as c, but through a writer that does not take them for answers.
func (g *gate) answer(c *pooledCodec, grants io.Writer, progress *inprogress.Limit) {
	s := &grantingCodec{pooledCodec: c, gate: g, grants: grants, progress: progress}
	s.timer = time.AfterFunc(time.Hour, s.release)
	s.timer.Stop()
	defer s.release()
	stream.Answer(s, s.limit)
}

// A grantingCodec is the codec of a server. It sends a grant for each announced
// message and rejects a large message without one. With RefuseAbove, a message is in
// progress from when it was announced, or, without an announcement, from when it has
// been read.
type grantingCodec struct {
	*pooledCodec
	gate     *gate
	grants   io.Writer
	progress *inprogress.Limit
	counted  atomic.Bool // whether a request of this connection is in progress
	held     atomic.Bool // whether this connection holds a grant
	large    *[]byte     // from buffers: the storage of a granted message until it is answered
	small    []byte      // the storage of other messages meanwhile
	timer    *time.Timer // releases the grant after gate.stall
}

// Read implements [stream.Codec]. It returns the next request that is not refused.
func (c *grantingCodec) Read(p *payload.Payload) error {
	for {
		prefix, err := c.r.Peek(stream.FrameHeader)
		if err != nil {
			return err
		}
		switch n := binary.BigEndian.Uint32(prefix); {
		case n&announced != 0:
			if err := stream.CheckFrame(n&^announced, c.limit); err != nil {
				return err
			}
			if c.begin() {
				if err := c.grant(n &^ announced); err != nil {
					return err
				}
				return c.readGranted(p)
			}
			c.r.Discard(stream.FrameHeader)
		case n > unscheduled:
			return fmt.Errorf("received a message of %d bytes without a grant", n)
		default:
			if err := c.pooledCodec.Read(p); err != nil || c.begin() {
				return err
			}
		}
		if _, err := c.conn.Write(refusal); err != nil {
			return err
		}
	}
}

// grant answers the announcement of a message of n bytes, which is the next in the
// reader, and waits until the message's header is there.
func (c *grantingCodec) grant(n uint32) error {
	if err := c.acquire(); err != nil {
		return err
	}
	announcement, err := c.r.Peek(stream.FrameHeader)
	if err != nil {
		return err
	}
	if _, err := c.grants.Write(announcement); err != nil {
		return err
	}
	c.r.Discard(stream.FrameHeader)
	header, err := c.r.Peek(stream.FrameHeader)
	if err != nil {
		return err
	}
	if got := binary.BigEndian.Uint32(header); got > n {
		return fmt.Errorf("received a message of %d bytes with a grant for %d", got, n)
	}
	return nil
}

// readGranted reads a message into storage that few connections have at a time, like
// the other buffers of a pooledCodec.
func (c *grantingCodec) readGranted(p *payload.Payload) error {
	c.large = c.buffers.get()
	c.small, p.Data = p.Data, *c.large
	return c.pooledCodec.Read(p)
}

// Write implements [stream.Codec]. It takes the storage of a granted message from p.
func (c *grantingCodec) Write(p *payload.Payload) error {
	c.end()
	err := c.pooledCodec.Write(p)
	c.release()
	if c.large != nil {
		*c.large = p.Data
		c.buffers.put(c.large)
		c.large, p.Data = nil, c.small
	}
	return err
}

// begin counts a request of this connection as in progress, or returns false if it
// must be refused.
func (c *grantingCodec) begin() bool {
	if !c.progress.Begin() {
		return false
	}
	c.counted.Store(true)
	c.progress.Yield()
	return true
}

// end ends the request in progress, if there is one.
func (c *grantingCodec) end() {
	if c.counted.Swap(false) {
		c.progress.End(1)
	}
}

// acquire waits for a grant and holds it.
func (c *grantingCodec) acquire() error {
	select {
	case c.gate.granted <- struct{}{}:
	case <-c.gate.closed:
		return net.ErrClosed
	}
	c.held.Store(true)
	c.timer.Reset(c.gate.stall)
	return nil
}

// release ends the grant, if the connection holds one, and the request in progress:
// a client that stalls must not make the server refuse the requests of others.
func (c *grantingCodec) release() {
	c.end()
	if c.held.Swap(false) {
		c.timer.Stop()
		<-c.gate.granted
	}
}
