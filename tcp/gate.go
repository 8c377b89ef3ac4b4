package tcp

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// stallLimit is how long a grant may last before the server gives it to another
// message as well.
const stallLimit = 250 * time.Millisecond

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

// A grantingCodec is the codec of a server. It sends a grant for each announced
// message and rejects a large message without one. With RefuseAbove, a message is in
// progress from when it was announced, or, without an announcement, from when it has
// been read.
type grantingCodec struct {
	*pooledCodec
	gate      *gate
	deadlines *deadlines
	progress  *inprogress.Limit
	counted   atomic.Bool // whether a request of this connection is in progress
	large     *[]byte     // from buffers: the storage of a granted message until it is answered
	small     []byte      // the storage of other messages meanwhile
	timer     *time.Timer // calls abandon when the grant has stalled

	mu       sync.Mutex
	held     bool // whether this connection has a grant that has not stalled
	stallsAt time.Time
}

// newCodec returns a codec for the connection of c. release must be called at its end.
func (g *gate) newCodec(c *pooledCodec, d *deadlines, progress *inprogress.Limit) *grantingCodec {
	s := &grantingCodec{pooledCodec: c, gate: g, deadlines: d, progress: progress}
	s.timer = time.AfterFunc(time.Hour, s.abandon)
	s.timer.Stop()
	return s
}

// answer echoes the messages of one connection.
func (g *gate) answer(c *pooledCodec, d *deadlines, progress *inprogress.Limit) {
	s := g.newCodec(c, d, progress)
	defer s.release()
	stream.Answer(s, s.limit)
}

// Read implements [stream.Codec]. It returns the next request that is not refused.
func (c *grantingCodec) Read(p *payload.Payload) error {
	for {
		c.deadlines.begin()
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
				if err := c.answerAnnounced(n &^ announced); err != nil {
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

// answerAnnounced sends the grant for a message of n bytes, whose announcement is the
// next in the reader, and waits until the message's header is there.
func (c *grantingCodec) answerAnnounced(n uint32) error {
	if err := c.acquire(); err != nil {
		return err
	}
	c.deadlines.renew()
	announcement, err := c.r.Peek(stream.FrameHeader)
	if err != nil {
		return err
	}
	if _, err := c.conn.Write(announcement); err != nil {
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
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = true
	c.stallsAt = time.Now().Add(c.gate.stall)
	c.timer.Reset(c.gate.stall)
	return nil
}

// abandon gives the grant to others because it has stalled, and ends the request in
// progress: a client that stalls must not make the server refuse the requests of
// others. The timer calls it. The timer of an earlier grant may call it late, and must
// not end the present grant before its time.
func (c *grantingCodec) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held || time.Now().Before(c.stallsAt) {
		return
	}
	c.held = false
	<-c.gate.granted
	c.end()
}

// release ends the grant, if the connection has one, and the request in progress.
func (c *grantingCodec) release() {
	c.end()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held {
		c.held = false
		c.timer.Stop()
		<-c.gate.granted
	}
}
