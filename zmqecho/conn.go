//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pebbe/zmq4"
)

// A conn is a socket with one connection, and the monitor that reports the events
// of the connection. The socket does not report them: a REQ socket would wait
// without a limit for an answer from a server that has stopped.
type conn struct {
	socket *zmq4.Socket  // a REQ or a DEALER socket
	events *zmq4.Socket  // receives the events of socket's monitor
	wait   time.Duration // the receive timeout of a REQ socket that blocks
	poller *poller       // of a REQ socket that is polled
}

// slice is how long a call that blocks waits in libzmq before it looks at its context.
const slice = 50 * time.Millisecond

const (
	failed  = zmq4.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq4.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq4.EVENT_HANDSHAKE_FAILED_AUTH
	awaited = zmq4.EVENT_HANDSHAKE_SUCCEEDED | failed | zmq4.EVENT_CLOSED | zmq4.EVENT_DISCONNECTED
)

var errLost = errors.New("connection lost before the answer came: the server closed, or one end refused a message over its limit")

// connect opens a socket of the given kind, connects it and completes the
// handshake. It calls interrupted at least once in every slice, and gives up when
// interrupted returns an error.
func (d *dialer) connect(ctx context.Context, kind zmq4.Type, interrupted func() error) (*conn, error) {
	deadline, _ := ctx.Deadline()
	c := new(conn)
	err := c.open(d, kind)
	if err == nil {
		err = c.handshake(deadline, interrupted)
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// never is after how long libzmq connects a DEALER socket again: much later than the
// Client has closed it. If libzmq is told not to connect again at all, a socket that
// learns of the lost connection between the parts of a message discards the other parts,
// and then aborts the process ("Assertion failed: !_more (src/fq.cpp:112)", zeromq/libzmq
// issues 3485 and 3663). A REQ socket receives all parts with one call.
const never = time.Hour

// open opens the socket and its monitor, and begins to connect.
func (c *conn) open(d *dialer, kind zmq4.Type) error {
	socket, err := d.context.NewSocket(kind)
	if err != nil {
		return fmt.Errorf("open a %v socket: %w", kind, err)
	}
	c.socket = socket
	messages, reconnect := requestsHWM, time.Duration(-1)
	if kind == zmq4.DEALER {
		messages, reconnect = answersHWM, never
	}
	if err := errors.Join(setOptions(socket, d.limit, d.serverKey != "", d.ipv6, messages, messages), socket.SetReconnectIvl(reconnect)); err != nil {
		return fmt.Errorf("set socket options: %w", err)
	}
	if d.serverKey != "" {
		if err := setCurveClient(socket, d.serverKey); err != nil {
			return fmt.Errorf("set up CURVE: %w", err)
		}
	}
	if c.events, err = monitor(socket, d); err != nil {
		return fmt.Errorf("monitor the socket: %w", err)
	}
	if err := socket.Connect(d.endpoint); err != nil {
		return systemError(err)
	}
	return nil
}

// monitor returns a socket that receives the awaited events of another one.
func monitor(socket *zmq4.Socket, d *dialer) (*zmq4.Socket, error) {
	endpoint := fmt.Sprintf("inproc://monitor-%d", d.transport.clients.monitors.Add(1))
	if err := socket.Monitor(endpoint, awaited); err != nil {
		return nil, err
	}
	events, err := d.context.NewSocket(zmq4.PAIR)
	if err != nil {
		return nil, err
	}
	// There is no high-water mark, because an event that did not fit would block the
	// I/O thread.
	if err := errors.Join(events.SetLinger(0), events.SetRcvhwm(0), events.Connect(endpoint)); err != nil {
		events.Close()
		return nil, err
	}
	return events, nil
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
			return errors.New("the peer did not complete the ZMTP handshake")
		case !again(err):
			return err
		}
	}
}

// receive returns the next message on a REQ socket. If it has to look at its contexts,
// at the latest when ctx ends or a slice has passed, it returns an error for which again
// is true.
func (c *conn) receive(ctx context.Context) ([]byte, error) {
	if c.poller != nil {
		return c.poller.receive()
	}
	deadline, _ := ctx.Deadline()
	if wait := timeout(deadline); wait != c.wait {
		if err := c.socket.SetRcvtimeo(wait); err != nil {
			return nil, err
		}
		c.wait = wait
	}
	answer, err := c.socket.RecvBytes(0)
	if again(err) && c.lost() {
		err = errLost
	}
	return answer, err
}

// lost reports whether the connection has ended. After the handshake there is no
// other event, since libzmq does not reconnect.
func (c *conn) lost() bool {
	state, err := c.events.GetEvents()
	return err == nil && state&zmq4.POLLIN != 0
}

// close closes the sockets that have been opened. It ends the monitor before it
// closes c.events, because libzmq's I/O thread blocks on an event that has no
// receiver.
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

// timeout returns how long one wait in libzmq may take: until the deadline, but at
// most a slice, in whole milliseconds, which is libzmq's unit.
func timeout(deadline time.Time) time.Duration {
	if deadline.IsZero() {
		return slice
	}
	left := time.Until(deadline).Truncate(time.Millisecond)
	return min(slice, max(left, time.Millisecond))
}
