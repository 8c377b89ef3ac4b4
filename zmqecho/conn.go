//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/pebbe/zmq4"
)

// A dialer is what it takes to connect, and to connect again.
type dialer struct {
	shared    *sharedContext
	context   *zmq4.Context
	endpoint  string
	ipv6      bool
	limit     payload.Size
	poll      bool
	serverKey string // CURVE's public key, in Z85; empty for no CURVE
}

// dial finds the address and makes a Client of Transport t's.
func (t *Transport) dial(ctx context.Context, addr string, limit payload.Size) (echo.Client, error) {
	hostPort, serverKey, err := cutKey(addr)
	switch {
	case err != nil:
	case t.Curve && serverKey == "":
		serverKey, _, err = t.curve.get()
	case !t.Curve && serverKey != "":
		err = errors.New("an address with a key, and a Transport without Curve")
	}
	if err != nil {
		return nil, err
	}
	endpoint, ipv6, err := endpoint(ctx, hostPort)
	if err != nil {
		return nil, err
	}
	z, err := t.clients.acquire()
	if err != nil {
		return nil, err
	}
	d := dialer{shared: &t.clients, context: z, endpoint: endpoint, ipv6: ipv6, limit: limit, poll: t.Poll, serverKey: serverKey}
	var c echo.Client
	if t.Conns > 0 {
		c, err = newMux(ctx, d)
	} else {
		c, err = newClient(ctx, d)
	}
	if err != nil {
		return nil, errors.Join(err, t.clients.release())
	}
	return c, nil
}

// hangUp is a Client's last act, after its sockets are closed.
func (d *dialer) hangUp() error {
	if err := d.shared.release(); err != nil {
		return fmt.Errorf("zmqecho: terminate the clients' context: %w", err)
	}
	return nil
}

// A conn is a socket with one connection, and the monitor that tells what
// becomes of it. The socket itself never learns: a REQ would wait for ever for an
// answer from a server that is gone.
type conn struct {
	socket *zmq4.Socket  // a REQ or a DEALER
	events *zmq4.Socket  // receives from socket's monitor
	wait   time.Duration // a REQ's receive timeout
	poller *poller       // in place of it, if the REQ is polled
}

const (
	failed  = zmq4.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq4.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq4.EVENT_HANDSHAKE_FAILED_AUTH
	watched = zmq4.EVENT_HANDSHAKE_SUCCEEDED | failed | zmq4.EVENT_CLOSED | zmq4.EVENT_DISCONNECTED
)

var errLost = errors.New("connection lost before the answer came: the server closed, or one end refused a message over its limit")

// connect returns once the handshake is over. interrupted is asked at least
// every slice whether to give up.
func (d *dialer) connect(ctx context.Context, kind zmq4.Type, interrupted func() error) (*conn, error) {
	deadline, _ := ctx.Deadline()
	c := new(conn)
	err := c.open(d, kind)
	if err == nil {
		err = c.handshake(deadline, interrupted)
	}
	if err == nil && d.poll && kind == zmq4.REQ {
		c.poller, err = newPoller(c.socket)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *conn) open(d *dialer, kind zmq4.Type) error {
	socket, err := d.context.NewSocket(kind)
	if err != nil {
		return fmt.Errorf("a socket: %w", err)
	}
	c.socket = socket
	messages := hwm
	if kind == zmq4.DEALER {
		messages = answersHWM
	}
	if err := errors.Join(setLimits(socket, d.limit, d.serverKey != "", d.ipv6, messages, messages), socket.SetReconnectIvl(-1)); err != nil {
		return fmt.Errorf("socket options: %w", err)
	}
	if d.serverKey != "" {
		if err := setCurveClient(socket, d.serverKey); err != nil {
			return fmt.Errorf("CURVE: %w", err)
		}
	}
	monitor := d.shared.monitorName()
	if err := socket.Monitor(monitor, watched); err != nil {
		return fmt.Errorf("a monitor: %w", err)
	}
	events, err := d.context.NewSocket(zmq4.PAIR)
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
	if err := socket.Connect(d.endpoint); err != nil {
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
	if c.poller != nil {
		c.wait = slice
		return c.poller.receive(deadline)
	}
	if wait := timeout(deadline); wait != c.wait {
		if err := c.socket.SetRcvtimeo(wait); err != nil {
			return nil, err
		}
		c.wait = wait
	}
	return c.socket.RecvBytes(0)
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
	if c.poller != nil {
		c.poller.close()
	}
	if c.socket != nil {
		c.socket.Monitor("", 0)
		c.socket.Close()
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
