//go:build unix

package spin

import (
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// Available reports whether this platform has polling connections.
const Available = true

// A conn is a connection whose Read calls read(2) again and again until there
// is something to read. The kernel then never has to wake up a thread, which takes
// longer than the rest of a small round trip. There is one Read at a time.
type conn struct {
	net.Conn
	raw      syscall.RawConn
	poll     func(fd uintptr) bool // calls spin; made once, because it is allocated
	buf      []byte                // of the Read in progress, as are n and err
	n        int
	err      error
	closed   atomic.Bool
	deadline atomic.Int64 // of Read, in Unix time in nanoseconds; math.MaxInt64 means none
}

// NewConn returns a polling connection that owns socket, a TCP connection or a Unix
// domain socket. If it fails, it closes socket.
func NewConn(socket net.Conn) (net.Conn, error) {
	raw, err := socket.(syscall.Conn).SyscallConn()
	if err != nil {
		socket.Close()
		return nil, fmt.Errorf("tcp: %w", err)
	}
	c := &conn{Conn: socket, raw: raw}
	c.poll = func(fd uintptr) bool {
		c.n, c.err = c.spin(int(fd), c.buf)
		return true // and do not wait as package net does
	}
	c.deadline.Store(math.MaxInt64)
	return c, nil
}

// pollsAtOnce is how often Read polls before it looks at its deadline and lets other
// goroutines run, unless more connections poll than there are processors.
const pollsAtOnce = 64

var (
	spinning   atomic.Int64 // Read calls in progress in this process
	processors = int64(runtime.NumCPU())
)

// polls returns how often to poll before other goroutines may run. If more
// connections poll than there are processors, each waits for the others.
func polls() int {
	if spinning.Load() > processors {
		return 1
	}
	return pollsAtOnce
}

// Read implements io.Reader.
func (c *conn) Read(b []byte) (int, error) {
	c.buf = b
	err := c.raw.Read(c.poll)
	c.buf = nil
	switch {
	case err != nil:
		return 0, err
	case c.err != nil:
		return 0, c.err
	case c.n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return c.n, nil
}

// spin polls until there is something to read, the deadline has passed or the
// connection has been closed.
func (c *conn) spin(fd int, b []byte) (int, error) {
	spinning.Add(1)
	defer spinning.Add(-1)
	for {
		for range polls() {
			n, err := syscall.Read(fd, b)
			switch err {
			case nil:
				return n, nil
			case syscall.EAGAIN, syscall.EINTR:
			default:
				return 0, os.NewSyscallError("read", err)
			}
			if c.closed.Load() {
				return 0, net.ErrClosed
			}
		}
		if time.Now().UnixNano() > c.deadline.Load() {
			return 0, os.ErrDeadlineExceeded
		}
		runtime.Gosched()
	}
}

// NetConn returns the connection that does not poll.
func (c *conn) NetConn() net.Conn { return c.Conn }

// Close closes the connection and ends a Read in progress.
func (c *conn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// SetDeadline implements net.Conn. It applies to a Read in progress, too.
func (c *conn) SetDeadline(t time.Time) error {
	c.storeDeadline(t)
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.storeDeadline(t)
	return c.Conn.SetReadDeadline(t)
}

func (c *conn) storeDeadline(t time.Time) {
	if t.IsZero() {
		c.deadline.Store(math.MaxInt64)
	} else {
		c.deadline.Store(t.UnixNano())
	}
}
