package grants

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp/internal/deadline"
)

// stallTimeout is how long a grant may last before the server gives it to another
// message as well.
const stallTimeout = 250 * time.Millisecond

// A Server answers the messages of connections and gives grants to them.
type Server struct {
	limit    payload.Size
	progress *inprogress.Limit // nil if no message is refused
	buffers  Buffers
	granted  chan struct{} // holds a value for each grant in use; waiting connections send in order
	stall    time.Duration // stallTimeout, except in tests
	once     sync.Once
	closed   chan struct{}
}

// NewServer returns a Server that gives the given number of grants at the same time.
// Messages have up to limit bytes of data. Those over the limit of progress are refused.
func NewServer(grants int, limit payload.Size, progress *inprogress.Limit) *Server {
	return &Server{limit: limit, progress: progress, granted: make(chan struct{}, grants), stall: stallTimeout, closed: make(chan struct{})}
}

// Answer echoes the messages of one connection, until one cannot be read or written or
// has more data than the limit.
func (s *Server) Answer(conn io.ReadWriter, d *deadline.Setter) {
	c := s.newCodec(conn, d)
	defer c.release()
	stream.Answer(c, s.limit)
}

// Close ends the waiting for grants. It may be called more than once.
func (s *Server) Close() { s.once.Do(func() { close(s.closed) }) }

// A serverCodec is the codec of a server. It sends a grant for each announced message
// and rejects a large message without one. A message is in progress from when it was
// announced, or, without an announcement, from when it has been read.
type serverCodec struct {
	*pooledCodec
	server    *Server
	deadlines *deadline.Setter
	counted   atomic.Bool // whether a request of this connection is in progress
	large     *[]byte     // from buffers: the storage of a granted message until it is answered
	small     []byte      // the storage of other messages meanwhile
	timer     *time.Timer // calls abandon when the grant has stalled

	mu       sync.Mutex
	held     bool // whether this connection has a grant that has not stalled
	stallsAt time.Time
}

// newCodec returns the codec of a connection. release must be called at its end.
func (s *Server) newCodec(conn io.ReadWriter, d *deadline.Setter) *serverCodec {
	c := &serverCodec{pooledCodec: newPooledCodec(conn, s.limit, &s.buffers), server: s, deadlines: d}
	c.timer = time.AfterFunc(time.Hour, c.abandon)
	c.timer.Stop()
	return c
}

// refusal is what a server writes in place of a reply or of a grant.
var refusal = binary.BigEndian.AppendUint32(nil, stream.FrameRefused)

// Read implements [stream.Codec]. It returns the next request that is not refused.
func (c *serverCodec) Read(p *payload.Payload) error {
	for {
		c.deadlines.Begin()
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
		case n > MaxUnannounced:
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
func (c *serverCodec) answerAnnounced(n uint32) error {
	if err := c.acquire(); err != nil {
		return err
	}
	c.deadlines.Renew()
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
func (c *serverCodec) readGranted(p *payload.Payload) error {
	c.large = c.buffers.get()
	c.small, p.Data = p.Data, *c.large
	return c.pooledCodec.Read(p)
}

// Write implements [stream.Codec]. It takes the storage of a granted message from p.
func (c *serverCodec) Write(p *payload.Payload) error {
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
func (c *serverCodec) begin() bool {
	if !c.server.progress.Begin() {
		return false
	}
	c.counted.Store(true)
	c.server.progress.Yield()
	return true
}

// end ends the request in progress, if there is one.
func (c *serverCodec) end() {
	if c.counted.Swap(false) {
		c.server.progress.End(1)
	}
}

// acquire waits for a grant and holds it.
func (c *serverCodec) acquire() error {
	select {
	case c.server.granted <- struct{}{}:
	case <-c.server.closed:
		return net.ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = true
	c.stallsAt = time.Now().Add(c.server.stall)
	c.timer.Reset(c.server.stall)
	return nil
}

// abandon gives the grant to others because it has stalled, and ends the request in
// progress: a client that stalls must not make the server refuse the requests of
// others. The timer calls it. The timer of an earlier grant may call it late, and must
// not end the present grant before its time.
func (c *serverCodec) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.held || time.Now().Before(c.stallsAt) {
		return
	}
	c.held = false
	<-c.server.granted
	c.end()
}

// release ends the grant, if the connection has one, and the request in progress.
func (c *serverCodec) release() {
	c.end()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held {
		c.held = false
		c.timer.Stop()
		<-c.server.granted
	}
}
