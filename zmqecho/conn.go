//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"fmt"
	"time"

	"github.com/echobench/echobench/payload"
	"github.com/pebbe/zmq4"
)

// A conn is a REQ socket with one connection, and the monitor that tells what
// becomes of it. REQ itself never learns: it would wait for ever for an answer
// from a server that is gone.
type conn struct {
	req    *zmq4.Socket
	events *zmq4.Socket  // receives from req's monitor
	wait   time.Duration // req's receive timeout
}

const (
	failed  = zmq4.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq4.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq4.EVENT_HANDSHAKE_FAILED_AUTH
	watched = zmq4.EVENT_HANDSHAKE_SUCCEEDED | failed | zmq4.EVENT_CLOSED | zmq4.EVENT_DISCONNECTED
)

// connect returns once the handshake is over. interrupted is asked at least
// every slice whether to give up.
func connect(z *zmq4.Context, endpoint string, ipv6 bool, limit payload.Size, monitor string, deadline time.Time, interrupted func() error) (*conn, error) {
	c := new(conn)
	err := c.open(z, endpoint, ipv6, limit, monitor)
	if err == nil {
		err = c.handshake(deadline, interrupted)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *conn) open(z *zmq4.Context, endpoint string, ipv6 bool, limit payload.Size, monitor string) error {
	req, err := z.NewSocket(zmq4.REQ)
	if err != nil {
		return fmt.Errorf("a socket: %w", err)
	}
	c.req = req
	if err := errors.Join(setLimits(req, limit, ipv6), req.SetReconnectIvl(-1)); err != nil {
		return fmt.Errorf("socket options: %w", err)
	}
	if err := req.Monitor(monitor, watched); err != nil {
		return fmt.Errorf("a monitor: %w", err)
	}
	events, err := z.NewSocket(zmq4.PAIR)
	if err != nil {
		return fmt.Errorf("a socket: %w", err)
	}
	c.events = events
	// No high-water mark, or an event that does not fit would block the I/O thread.
	if err := errors.Join(events.SetLinger(0), events.SetRcvhwm(0)); err != nil {
		return fmt.Errorf("socket options: %w", err)
	}
	if err := events.Connect(monitor); err != nil {
		return fmt.Errorf("a monitor: %w", err)
	}
	if err := req.Connect(endpoint); err != nil {
		return systemError(err)
	}
	return nil
}

func (c *conn) handshake(deadline time.Time, interrupted func() error) error {
	for {
		if err := interrupted(); err != nil {
			return err
		}
		if err := c.events.SetRcvtimeo(timeout(deadline)); err != nil {
			return err
		}
		event, _, _, err := c.events.RecvEvent(0)
		switch {
		case err == nil && event == zmq4.EVENT_HANDSHAKE_SUCCEEDED:
			return nil
		case err == nil && event == zmq4.EVENT_CLOSED:
			return errors.New("nobody accepts a connection")
		case err == nil:
			return errors.New("what listens there did not complete the ZMTP handshake")
		case !again(err):
			return err
		}
	}
}

// receive returns the next message, or an error for which again holds if there
// is none by the end of a slice or, if that is sooner, by the deadline.
func (c *conn) receive(deadline time.Time) ([]byte, error) {
	if wait := timeout(deadline); wait != c.wait {
		if err := c.req.SetRcvtimeo(wait); err != nil {
			return nil, err
		}
		c.wait = wait
	}
	return c.req.RecvBytes(0)
}

// lost says whether the connection has ended: nothing else happens to it after
// the handshake, since libzmq does not reconnect it.
func (c *conn) lost() bool {
	_, _, _, err := c.events.RecvEvent(zmq4.DONTWAIT)
	return err == nil
}

// close also works on what was opened in part. The monitor must end before its
// receiver does: libzmq's I/O thread blocks on an event that has no receiver.
func (c *conn) close() {
	if c.req != nil {
		c.req.Monitor("", 0)
		c.req.Close()
	}
	if c.events != nil {
		c.events.Close()
	}
}

// timeout is how long to wait at once, in whole milliseconds, as libzmq counts.
func timeout(deadline time.Time) time.Duration {
	if deadline.IsZero() {
		return slice
	}
	left := time.Until(deadline).Truncate(time.Millisecond)
	return min(slice, max(left, time.Millisecond))
}
