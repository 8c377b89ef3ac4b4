package grpcecho

import "time"

// firstTimeout is how long a server waits for a client's first message.
const firstTimeout = 10 * time.Second

// active notes that a part of a message has arrived.
func (c *serverConn) active() {
	if c.idle > 0 {
		c.last = time.Now()
	}
	if c.began {
		return
	}
	c.began = true
	if c.idle > 0 {
		c.timer.Reset(c.idle)
	} else {
		c.timer.Stop()
	}
}

// expire closes the connection unless a message has arrived within the time limit.
func (c *serverConn) expire() {
	c.mu.Lock()
	left := time.Duration(0)
	if c.began {
		left = c.idle - time.Since(c.last)
	}
	if left > 0 {
		c.timer.Reset(left)
	}
	c.mu.Unlock()
	if left <= 0 {
		c.Conn.Close()
	}
}

// Close implements net.Conn.
func (c *serverConn) Close() error {
	c.timer.Stop()
	return c.Conn.Close()
}
