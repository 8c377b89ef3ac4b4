package stream

import (
	"cmp"
	"net"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/conns"
)

// A ServerConn is the connection that a [Server] passes to its handler. It closes
// itself when its client is silent for too long. The first Write counts as the answer
// to the client's first message.
type ServerConn struct {
	// Conn is the connection that was accepted. A handler may replace it before it
	// uses the ServerConn, for example by TLS over it. What is written to Conn itself,
	// such as a handshake, does not count as an answer.
	net.Conn

	accepted *conns.Conn
	idle     time.Duration
	timer    *time.Timer // calls check
	answered atomic.Bool // whether Write has been called
	active   atomic.Bool // whether Write has been called or Read has returned bytes since the last check
}

// watch returns a ServerConn for a connection that was just accepted.
func (s *Server) watch(accepted *conns.Conn) *ServerConn {
	c := &ServerConn{Conn: accepted.Conn, accepted: accepted, idle: s.IdleTimeout}
	first := cmp.Or(s.FirstTimeout, FirstTimeout)
	if c.idle > 0 && (first < 0 || c.idle < first) {
		first = c.idle
	}
	c.timer = time.AfterFunc(time.Hour, c.check) // check uses the timer
	if first < 0 {
		c.timer.Stop()
	} else {
		c.timer.Reset(first)
	}
	return c
}

// Read implements net.Conn.
func (c *ServerConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		set(&c.active)
	}
	return n, err
}

// Write implements net.Conn.
func (c *ServerConn) Write(b []byte) (int, error) {
	set(&c.answered)
	set(&c.active)
	return c.Conn.Write(b)
}

// set sets a flag. It writes only if necessary, because that costs more.
func set(flag *atomic.Bool) {
	if !flag.Load() {
		flag.Store(true)
	}
}

// check closes the connection if it has been silent for too long. It is called when
// the time for the first message has ended, and then once in each IdleTimeout. A
// deadline for every message would cost far more.
func (c *ServerConn) check() {
	switch {
	case !c.answered.Load() || c.idle > 0 && !c.active.Swap(false):
		c.accepted.Close()
	case c.idle > 0:
		c.timer.Reset(c.idle)
	}
}
