package gorpcecho

import (
	"time"

	"github.com/echobench/echobench/payload"
)

// minRequest is at most the length of the shortest request in a gob stream, in
// bytes.
const minRequest = 16

// A serverConn is a connection of a server. It stops reading while too many
// requests are not answered, and it closes the connection if no request arrives in
// time.
type serverConn struct {
	conn
	greeting []byte // what gorpc is to read as the handshake
	window   *window
	sent     meter

	idle    *time.Timer   // closes the connection
	timeout time.Duration // what idle is reset to by each request; 0 means that the first request stops it
	begun   bool          // a request has arrived
}

// newServerConn returns a serverConn for a connection whose handshake has been read,
// though gorpc's server is about to read it. idle is a running timer, which closes
// the connection.
func newServerConn(s socket, compress bool, limit payload.Size, idle *time.Timer, timeout time.Duration) *serverConn {
	return &serverConn{
		conn:     newConn(s, compress, requests, limit),
		greeting: []byte{plain},
		window:   newWindow(),
		idle:     idle,
		timeout:  timeout,
	}
}

// Read implements io.Reader. It does not read more requests than the window has
// room for.
func (c *serverConn) Read(p []byte) (int, error) {
	if len(c.greeting) > 0 {
		n := copy(p, c.greeting)
		c.greeting = c.greeting[n:]
		return n, nil
	}
	if most := c.in.skip + c.window.await()*minRequest; len(p) > most {
		p = p[:most]
	}
	n, err := c.conn.Read(p)
	passed := c.in.take()
	if passed.begun > 0 {
		c.window.received(passed.begun, passed.weight)
	}
	if passed.whole > 0 {
		c.arrived()
	}
	return n, err
}

// arrived notes that a request has arrived completely.
func (c *serverConn) arrived() {
	switch {
	case c.timeout > 0:
		c.idle.Reset(c.timeout)
	case !c.begun:
		c.idle.Stop()
	}
	c.begun = true
}

func (c *serverConn) Write(p []byte) (int, error) {
	n, err := c.conn.Write(p)
	if answers, bytes := c.sent.count(p[:n]); answers > 0 {
		c.window.answered(answers, bytes)
	}
	return n, err
}

func (c *serverConn) Close() error {
	c.idle.Stop()
	c.window.close()
	return c.socket.Close()
}
