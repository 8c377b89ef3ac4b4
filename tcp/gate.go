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

// stallLimit is how long a grant may last before it counts as stalled, and the server
// gives it to another message as well. With n stalled grants it is 1/(n+1) of that, so
// that many clients which announce messages and do not send them delay the others by
// little more than one does.
const stallLimit = 250 * time.Millisecond

// A gate holds the grants of a server.
type gate struct {
	granted chan struct{} // holds a value for each grant in use; waiting connections send in order
	stall   time.Duration // the limit while no grant is stalled
	stalled atomic.Int64  // grants that have stalled and whose message has not been answered
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
	s.timer = time.AfterFunc(time.Hour, s.abandon)
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
	counted  atomic.Bool  // whether a request of this connection is in progress
	grant    atomic.Int32 // the state of this connection's grant
	large    *[]byte      // from buffers: the storage of a granted message until it is answered
	small    []byte       // the storage of other messages meanwhile
	timer    *time.Timer  // abandons the grant when it has stalled
}

// The states of a connection's grant.
const (
	noGrant = iota
	heldGrant
	stalledGrant
)

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
	c.grant.Store(heldGrant)
	c.timer.Reset(c.gate.stall / time.Duration(1+c.gate.stalled.Load()))
	return nil
}

// abandon gives the grant to others because it has stalled, and ends the request in
// progress: a client that stalls must not make the server refuse the requests of
// others. It is called by the timer.
func (c *grantingCodec) abandon() {
	c.end()
	c.gate.stalled.Add(1)
	if c.grant.CompareAndSwap(heldGrant, stalledGrant) {
		<-c.gate.granted
	} else {
		c.gate.stalled.Add(-1)
	}
}

// release ends the grant, if the connection has one, and the request in progress.
func (c *grantingCodec) release() {
	c.end()
	switch c.grant.Swap(noGrant) {
	case heldGrant:
		c.timer.Stop()
		<-c.gate.granted
	case stalledGrant:
		c.gate.stalled.Add(-1)
	}
}
