package grpcecho

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/echobench/echobench/payload"
)

// A serverConn is a connection of a server that knows, from the HTTP/2 frames in both
// directions, how many bytes of requests have not been answered yet. It ends when
// these exceed a limit. Neither HTTP/2 nor grpc bounds them: grpc lets a client send
// as long as each stream has room, and keeps finished answers until the client
// permits it to send them.
type serverConn struct {
	net.Conn
	limit   int // bytes
	idle    time.Duration
	timer   *time.Timer // calls expire
	replies *budget     // for the buffers of large replies that have not been sent
	in, out scanner

	mu      sync.Mutex
	open    map[uint32]unanswered // by stream
	held    int                   // the sum of their costs, and leaving
	leaving int                   // the cost of streams that the client has reset during a Write
	writing bool                  // a Write has not returned
	decoded int                   // bytes of data of the requests that wait in admit
	began   bool                  // a message has arrived, or a part of it
	last    time.Time             // when the latest DATA frame arrived, if there is an idle limit
}

// unanswered is what a stream has received and not yet answered.
type unanswered struct{ bytes, frames int }

// frameCost is about how many bytes of memory grpc needs for a DATA frame that has not
// been consumed, apart from the data.
const frameCost = 256

func (u unanswered) cost() int { return u.bytes + u.frames*frameCost }

// newServerConn returns a serverConn that closes conn unless a message begins to
// arrive within the time limit first. in has the client's preface still to come.
func newServerConn(conn net.Conn, l connLimits) *serverConn {
	c := &serverConn{Conn: conn, limit: l.requests, idle: l.idle, replies: newBudget(l.replies), open: map[uint32]unanswered{}}
	c.in.skip = len(preface)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(l.first, c.expire)
	return c
}

// preface is what a client sends before its first frame (RFC 9113, 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Read implements net.Conn. It fails when the connection holds too much.
func (c *serverConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	for f, rest, ok := c.in.next(b[:n]); ok; f, rest, ok = c.in.next(rest) {
		c.received(f)
	}
	if c.held > c.limit {
		return 0, c.errLimit()
	}
	return n, err
}

// Write implements net.Conn.
func (c *serverConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.writing = true
	c.mu.Unlock()
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = false
	c.held -= c.leaving
	c.leaving = 0
	for f, rest, ok := c.out.next(b[:n]); ok; f, rest, ok = c.out.next(rest) {
		c.sent(f)
	}
	return n, err
}

// received follows a frame from the client.
func (c *serverConn) received(f frame) {
	u, open := c.open[f.stream]
	switch {
	case f.kind == frameHeaders:
		c.set(f.stream, u)
	case f.kind == frameReset:
		if c.writing { // grpc forgets the stream only when it can write again
			c.leaving += u.cost()
			c.held += u.cost()
		}
		c.end(f.stream)
	case f.kind == frameData && open: // otherwise grpc drops it
		c.set(f.stream, unanswered{u.bytes + f.length, u.frames + 1})
		c.active()
	}
}

// sent follows a frame to the client.
func (c *serverConn) sent(f frame) {
	u, open := c.open[f.stream]
	switch {
	case f.kind == frameReset, f.kind == frameHeaders && f.flags&endStream != 0:
		c.end(f.stream)
	case f.kind == frameData && open:
		// The answers on a stream have as many bytes as the requests, or a few more, but
		// not necessarily in as many frames.
		u.bytes = max(0, u.bytes-f.length)
		u.frames = max(0, u.frames-2-f.length/1024)
		if u.bytes == 0 {
			u.frames = 0
		}
		c.set(f.stream, u)
	}
}

// set replaces what a stream has not answered.
func (c *serverConn) set(stream uint32, u unanswered) {
	c.held += u.cost() - c.open[stream].cost()
	c.open[stream] = u
}

// end forgets a stream.
func (c *serverConn) end(stream uint32) {
	c.held -= c.open[stream].cost()
	delete(c.open, stream)
}

// admit waits until there is room for a reply with size bytes of data, whose buffer
// takes cost bytes. It ends the connection if the requests that wait exceed the limit,
// which happens only if they were compressed, since their frames count as well.
func (c *serverConn) admit(ctx context.Context, size, cost int) error {
	c.mu.Lock()
	c.decoded += size
	over := c.decoded > c.limit
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.decoded -= size
		c.mu.Unlock()
	}()
	if over {
		c.Conn.Close()
		return c.errLimit()
	}
	return c.replies.take(ctx, cost)
}

func (c *serverConn) errLimit() error {
	return fmt.Errorf("grpcecho: the requests without an answer exceed the limit of %v for a connection", payload.Size(c.limit))
}
