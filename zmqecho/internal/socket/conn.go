//go:build cgo && !nozmq

package socket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// A Dialer holds what a Client needs to connect, and to connect again.
type Dialer struct {
	Clients   *Shared
	Context   *zmq4.Context // acquired from Clients
	Endpoint  string
	IPv6      bool
	Limit     payload.Size // of len(Data)
	ServerKey string       // the server's public key for CURVE, in Z85; empty without CURVE
}

// Close releases the context. A Client calls it last, after it has closed its
// connection.
func (d *Dialer) Close() error {
	if err := d.Clients.Release(); err != nil {
		return fmt.Errorf("zmqecho: terminate the clients' context: %w", err)
	}
	return nil
}

// A Conn is a socket with one connection, and the monitor that reports the events
// of the connection. The socket does not report them: a REQ socket would wait
// without a limit for a reply from a server that has stopped.
type Conn struct {
	Socket *zmq4.Socket  // a REQ or a DEALER socket
	Events *zmq4.Socket  // receives the events of Socket's monitor
	wait   time.Duration // the receive timeout of Socket that receive has set

	// context is a copy of the clients' context, so that its setting on signals can
	// change for this Conn alone.
	context zmq4.Context
}

// CheckInterval is how long a call that blocks waits in libzmq before it looks at its contexts.
const CheckInterval = 50 * time.Millisecond

const (
	failed  = zmq4.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq4.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq4.EVENT_HANDSHAKE_FAILED_AUTH
	awaited = zmq4.EVENT_HANDSHAKE_SUCCEEDED | failed | zmq4.EVENT_CLOSED | zmq4.EVENT_DISCONNECTED
)

// ErrLost is the error of a call whose connection has ended.
var ErrLost = errors.New("connection lost before the reply came: the server closed, or one end rejected a message over its limit")

// Ended returns the reason why a call must not continue, or nil if it may. closing
// ends when its Client is being closed.
func Ended(ctx, closing context.Context) error {
	if closing.Err() != nil {
		return net.ErrClosed
	}
	return ctx.Err()
}

// Connect opens a socket of the given kind, connects it and completes the
// handshake. It gives up when one of the contexts has ended; see Ended.
func (d *Dialer) Connect(ctx, closing context.Context, kind zmq4.Type) (*Conn, error) {
	c := &Conn{context: *d.Context}
	err := c.open(d, kind)
	if err == nil {
		err = c.handshake(ctx, closing)
	}
	if err == errClosed {
		err = d.dialError(ctx)
	}
	if err != nil {
		c.Close()
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
func (c *Conn) open(d *Dialer, kind zmq4.Type) error {
	socket, err := c.context.NewSocket(kind)
	if err != nil {
		return fmt.Errorf("open a %v socket: %w", kind, err)
	}
	c.Socket = socket
	reconnect := time.Duration(-1)
	if kind == zmq4.DEALER {
		reconnect = never
	}
	if err := errors.Join(SetOptions(socket, d.Limit, d.ServerKey != "", d.IPv6, RepliesHWM, RepliesHWM), socket.SetReconnectIvl(reconnect)); err != nil {
		return fmt.Errorf("set socket options: %w", err)
	}
	if d.ServerKey != "" {
		if err := setCurveClient(socket, d.ServerKey); err != nil {
			return fmt.Errorf("set up CURVE: %w", err)
		}
	}
	if c.Events, err = c.monitor(d.Clients.monitors.Add(1)); err != nil {
		return fmt.Errorf("monitor the socket: %w", err)
	}
	if err := socket.Connect(d.Endpoint); err != nil {
		return SystemError(err)
	}
	return nil
}

// setCurveClient also makes a key pair for the client. The server requires one but
// does not check whose it is.
func setCurveClient(s *zmq4.Socket, serverKey string) error {
	public, secret, err := zmq4.NewCurveKeypair()
	if err != nil {
		return err
	}
	return s.ClientAuthCurve(serverKey, public, secret)
}

// monitor returns a socket that receives the awaited events of c.Socket.
func (c *Conn) monitor(number uint64) (*zmq4.Socket, error) {
	endpoint := fmt.Sprintf("inproc://monitor-%d", number)
	if err := c.Socket.Monitor(endpoint, awaited); err != nil {
		return nil, err
	}
	events, err := c.context.NewSocket(zmq4.PAIR)
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

// errClosed is the error of handshake if the connection was not established.
var errClosed = errors.New("nobody accepts a connection")

// handshake waits until the connection is ready for messages.
func (c *Conn) handshake(ctx, closing context.Context) error {
	deadline, _ := ctx.Deadline()
	for {
		if err := Ended(ctx, closing); err != nil {
			return err
		}
		event, err := c.event(timeout(deadline))
		switch {
		case err == nil && event == zmq4.EVENT_HANDSHAKE_SUCCEEDED:
			return nil
		case err == nil && event == zmq4.EVENT_CLOSED:
			return errClosed
		case err == nil:
			return errors.New("the peer did not complete the ZMTP handshake")
		case !Again(err):
			return err
		}
	}
}

// dialError returns the system's reason why the connection was not established. libzmq
// does not report it, so dialError tries to connect without libzmq.
func (d *Dialer) dialError(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", Address(d.Endpoint))
	if err == nil {
		conn.Close()
	}
	var reason *os.SyscallError
	if errors.As(err, &reason) {
		return reason
	}
	return errClosed
}

// event returns the next event of the connection. It returns an error for which Again
// is true if none occurs within wait, or if a signal arrives.
func (c *Conn) event(wait time.Duration) (zmq4.Event, error) {
	if err := c.Events.SetRcvtimeo(wait); err != nil {
		return 0, err
	}
	c.context.SetRetryAfterEINTR(false)
	event, _, _, err := c.Events.RecvEvent(0)
	c.context.SetRetryAfterEINTR(true)
	return event, err
}

// Receive blocks its thread until the next message arrives on a REQ socket. It returns
// an error for which Again is true when the deadline has passed or a CheckInterval is over, and
// possibly earlier.
func (c *Conn) Receive(deadline time.Time) ([]byte, error) {
	message, err := c.receive(timeout(deadline))
	if Again(err) && c.Lost() {
		err = ErrLost
	}
	return message, err
}

// receive returns the next message. It returns an error for which Again is true if none
// arrives within wait, or if a signal arrives. zmq4's usual way is to begin such a wait
// anew after a signal, so that it might never end.
func (c *Conn) receive(wait time.Duration) ([]byte, error) {
	if wait != c.wait {
		if err := c.Socket.SetRcvtimeo(wait); err != nil {
			return nil, err
		}
		c.wait = wait
	}
	c.context.SetRetryAfterEINTR(false)
	message, err := c.Socket.RecvBytes(0)
	c.context.SetRetryAfterEINTR(true)
	return message, err
}

// Lost reports whether the connection has ended. After the handshake there is no
// other event, since libzmq does not reconnect.
func (c *Conn) Lost() bool {
	state, err := c.Events.GetEvents()
	return err == nil && state&zmq4.POLLIN != 0
}

// Close closes the sockets that have been opened. It ends the monitor before it
// closes c.Events, because libzmq's I/O thread blocks on an event that has no
// receiver.
func (c *Conn) Close() {
	if c.Socket != nil {
		c.Socket.Monitor("", 0)
		c.Socket.Close()
	}
	if c.Events != nil {
		c.Events.Close()
	}
}

// timeout returns how long one wait in libzmq may take: until the deadline, but at
// most a CheckInterval, in whole milliseconds, which is libzmq's unit.
func timeout(deadline time.Time) time.Duration {
	if deadline.IsZero() {
		return CheckInterval
	}
	left := time.Until(deadline).Truncate(time.Millisecond)
	return min(CheckInterval, max(left, time.Millisecond))
}

// Decode decodes the server's message into reply. limit is the largest len(Data).
func Decode(message []byte, reply *payload.Payload, limit payload.Size) error {
	if len(message) == 0 {
		return errors.New("zmqecho: the server rejected the request: not a Payload, or more data than its limit")
	}
	if err := payload.Unmarshal(message, reply); err != nil {
		return fmt.Errorf("zmqecho: reply of %d bytes is not a Payload: %w", len(message), err)
	}
	return check.Data("zmqecho", reply.Data, limit)
}
