package tcp

import (
	"net"
	"time"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// firstTimeout is how long a server waits for the first message of a client.
const firstTimeout = 10 * time.Second

// deadlines sets the read deadline of a server's connection for each message. A nil
// deadlines sets none.
type deadlines struct {
	conn  net.Conn
	limit time.Duration // for the present message; 0 means no limit
	next  time.Duration // for the next one
	idle  time.Duration // for each one after that
	set   bool          // whether the connection has a deadline
}

// newDeadlines returns the deadlines of a connection that was just accepted.
func newDeadlines(conn net.Conn, idle time.Duration) *deadlines {
	first := firstTimeout
	if idle > 0 {
		first = min(first, idle)
	}
	return &deadlines{conn: conn, next: first, idle: idle}
}

// begin sets the deadline of the next message.
func (d *deadlines) begin() {
	if d == nil {
		return
	}
	d.limit, d.next = d.next, d.idle
	d.renew()
}

// renew sets the deadline of the present message anew.
func (d *deadlines) renew() {
	if d == nil {
		return
	}
	if d.limit > 0 {
		d.conn.SetReadDeadline(time.Now().Add(d.limit))
	} else if d.set {
		d.conn.SetReadDeadline(time.Time{})
	}
	d.set = d.limit > 0
}

// A timedCodec is the codec of a server. It sets the deadline of each message.
type timedCodec struct {
	stream.Codec
	deadlines *deadlines
}

// Read implements [stream.Codec].
func (c timedCodec) Read(p *payload.Payload) error {
	c.deadlines.begin()
	return c.Codec.Read(p)
}
