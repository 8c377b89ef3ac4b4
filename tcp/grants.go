package tcp

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// Receiver-driven flow control, in the spirit of Homa (Montazeri et al., SIGCOMM
// 2018): the receiver knows best how much it can take. A message of more than
// unscheduled bytes is announced by its length with the top bit set, which no
// length within the limits has. When its turn comes, first come first served,
// the server sends the same 4 bytes back, and then the client sends the message
// as usual. Its reply needs no grant: the client that waits for it reads it.

// unscheduled is the longest message that is sent without a grant.
const unscheduled = 4 << 10

// announced marks a length that is an announcement or a grant.
const announced = 1 << 31

// stallLimit is how long a message may take from its grant until its reply is
// written before the next is granted nevertheless.
const stallLimit = time.Second

// frameBuffers are those of messages in transfer, which grants keep few: so they
// stay in the processor's cache, and a waiting connection holds none.
type frameBuffers struct{ pool sync.Pool }

func (b *frameBuffers) get() *[]byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return buf
	}
	return new([]byte)
}

// An announcing codec is the client's: it waits for a grant.
type announcing struct{ *codec }

func (c announcing) Write(p *payload.Payload) error {
	n := payload.EncodedLen(p)
	if n <= unscheduled {
		return c.codec.Write(p)
	}
	var b [header]byte
	binary.BigEndian.PutUint32(b[:], announced|uint32(n))
	if _, err := c.conn.Write(b[:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(c.r, b[:]); err != nil {
		return err
	}
	if got := binary.BigEndian.Uint32(b[:]); got != announced|uint32(n) {
		return fmt.Errorf("%#x instead of a grant for %d bytes", got, n)
	}
	return c.codec.Write(p)
}

// A gate is a server's grants.
type gate struct {
	granted chan struct{} // one value for each; those who wait for room are queued
	closed  chan struct{}
	stall   time.Duration
}

func newGate(grants int) *gate {
	return &gate{granted: make(chan struct{}, grants), closed: make(chan struct{}), stall: stallLimit}
}

// A granting codec is the server's.
type granting struct {
	*codec
	gate  *gate
	held  atomic.Bool
	stall *time.Timer
}

// answer echoes the messages of one connection.
func (g *gate) answer(c *codec) {
	s := &granting{codec: c, gate: g}
	s.stall = time.AfterFunc(time.Hour, s.giveBack)
	s.stall.Stop()
	defer s.giveBack()
	stream.Answer(s, s.limit)
}

// Read implements [stream.Codec].
func (s *granting) Read(p *payload.Payload) error {
	prefix, err := s.r.Peek(header)
	if err != nil {
		return err
	}
	switch n := binary.BigEndian.Uint32(prefix); {
	case n&announced != 0:
		if err := checkLength(n&^announced, s.limit); err != nil {
			return err
		}
		select {
		case s.gate.granted <- struct{}{}:
		case <-s.gate.closed:
			return net.ErrClosed
		}
		s.held.Store(true)
		s.stall.Reset(s.gate.stall)
		if _, err := s.conn.Write(prefix); err != nil {
			return err
		}
		s.r.Discard(header)
		message, err := s.r.Peek(header)
		if err != nil {
			return err
		}
		if got := binary.BigEndian.Uint32(message); got > n&^announced {
			return fmt.Errorf("a message of %d bytes with a grant for %d", got, n&^announced)
		}
	case n > unscheduled:
		return fmt.Errorf("a message of %d bytes without a grant", n)
	}
	return s.codec.Read(p)
}

// Write implements [stream.Codec].
func (s *granting) Write(p *payload.Payload) error {
	err := s.codec.Write(p)
	s.giveBack()
	return err
}

// giveBack ends the grant, if there is one.
func (s *granting) giveBack() {
	if s.held.Swap(false) {
		s.stall.Stop()
		<-s.gate.granted
	}
}
