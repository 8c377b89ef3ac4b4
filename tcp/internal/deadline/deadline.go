// Package deadline limits how long a server of package tcp waits for the messages of a
// client.
package deadline

import (
	"net"
	"time"
)

// FirstTimeout is how long a server waits for the first message of a client.
const FirstTimeout = 10 * time.Second

// A Setter sets the read deadline of a server's connection for each message. A nil
// Setter sets none.
type Setter struct {
	conn  net.Conn
	limit time.Duration // for the present message; 0 means no limit
	next  time.Duration // for the next one
	idle  time.Duration // for each one after that
	set   bool          // whether the connection has a deadline
}

// New returns the Setter of a connection that was just accepted. idle is how long the
// server waits for each message; 0 means no limit but FirstTimeout for the first one.
func New(conn net.Conn, idle time.Duration) *Setter {
	first := FirstTimeout
	if idle > 0 {
		first = min(first, idle)
	}
	return &Setter{conn: conn, next: first, idle: idle}
}

// Begin sets the deadline of the next message.
func (d *Setter) Begin() {
	if d == nil {
		return
	}
	d.limit, d.next = d.next, d.idle
	d.Renew()
}

// Renew sets the deadline of the present message anew.
func (d *Setter) Renew() {
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
