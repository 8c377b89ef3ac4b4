//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// A dialer holds what a Client needs to connect, and to connect again.
type dialer struct {
	transport *Transport
	context   *zmq4.Context
	endpoint  string
	ipv6      bool
	limit     payload.Size
	serverKey string // the server's public key for CURVE, in Z85; empty without CURVE
}

func (t *Transport) dial(ctx context.Context, addr string, limit payload.Size) (echo.Client, error) {
	hostPort, serverKey, err := t.serverKey(addr)
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
	d := dialer{transport: t, context: z, endpoint: endpoint, ipv6: ipv6, limit: limit, serverKey: serverKey}
	var c echo.Client
	if t.Dealer {
		c, err = newMux(ctx, d)
	} else {
		c, err = newClient(ctx, d)
	}
	if err != nil {
		return nil, errors.Join(err, t.clients.release())
	}
	return c, nil
}

// hangUp releases the context. A Client calls it last, after it has closed its
// sockets.
func (d *dialer) hangUp() error {
	if err := d.transport.clients.release(); err != nil {
		return fmt.Errorf("zmqecho: terminate the clients' context: %w", err)
	}
	return nil
}

// A client is a Client over one REQ socket at a time, which carries at most one
// request at a time.
type client struct {
	dialer
	once    sync.Once
	closing context.Context // ended by Close
	cancel  context.CancelFunc

	// turn holds a value while a call uses the fields below: a ZeroMQ socket may be
	// used by one goroutine at a time. It is a channel and not a mutex, so that a
	// call which waits for its turn notices the end of its context.
	turn chan struct{}
	conn *conn  // nil after a call that ended without an answer
	out  []byte // the encoded request
}

func newClient(ctx context.Context, d dialer) (echo.Client, error) {
	c := &client{dialer: d, turn: make(chan struct{}, 1)}
	c.closing, c.cancel = context.WithCancel(context.Background())
	if err := c.connect(ctx); err != nil {
		c.cancel()
		return nil, err
	}
	return c, nil
}

func (c *client) connect(ctx context.Context) (err error) {
	c.conn, err = c.dialer.connect(ctx, zmq4.REQ, func() error { return c.interrupted(ctx) })
	if err == nil && c.transport.polls() {
		if c.conn.poller, err = newPoller(c.conn, c.closing); err != nil {
			c.drop()
		}
	}
	return err
}

// interrupted returns the reason why a call must not continue, or nil if it may.
func (c *client) interrupted(ctx context.Context) error {
	if c.closing.Err() != nil {
		return net.ErrClosed
	}
	return ctx.Err()
}

// Echo implements [echo.Client].
func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("zmqecho", req.Data, c.limit); err != nil {
		return err
	}
	if err := c.takeTurn(ctx); err != nil {
		return fmt.Errorf("zmqecho: %w", err)
	}
	defer func() { <-c.turn }()
	if err := c.interrupted(ctx); err != nil {
		return fmt.Errorf("zmqecho: %w", err)
	}
	answer, err := c.roundTrip(ctx, req)
	if err != nil {
		c.drop() // or the socket could take a late answer for the answer to the next request
		return fmt.Errorf("zmqecho: %w", err)
	}
	return decode(answer, reply, c.limit)
}

// takeTurn waits until no other call uses the socket.
func (c *client) takeTurn(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
	case <-c.closing.Done():
	}
	return c.interrupted(ctx)
}

// decode stores an answer in reply.
func decode(answer []byte, reply *payload.Payload, limit payload.Size) error {
	if len(answer) == 0 {
		return errors.New("zmqecho: the server refused the request: not a Payload, or more data than its limit")
	}
	if err := payload.Unmarshal(answer, reply); err != nil {
		return fmt.Errorf("zmqecho: answer of %d bytes is not a Payload: %w", len(answer), err)
	}
	return check.Data("zmqecho", reply.Data, limit)
}

func (c *client) roundTrip(ctx context.Context, req *payload.Payload) (answer []byte, err error) {
	c.out = payload.Append(c.out[:0], req)
	if err := c.send(ctx); err != nil {
		return nil, err
	}
	if c.conn.poller != nil {
		c.conn.poller.watch(ctx)
	}
	for {
		if err := c.interrupted(ctx); err != nil {
			return nil, err
		}
		if answer, err := c.conn.receive(ctx); !again(err) {
			return answer, err
		}
	}
}

// send passes c.out to libzmq, which copies it.
func (c *client) send(ctx context.Context) error {
	if c.conn != nil {
		_, err := c.conn.socket.SendBytes(c.out, zmq4.DONTWAIT)
		if !again(err) {
			return err
		}
		// The connection has ended since the previous call, and nothing was sent.
		c.drop()
	}
	if err := c.connect(ctx); err != nil {
		return fmt.Errorf("connect again to %s: %w", address(c.endpoint), err)
	}
	_, err := c.conn.socket.SendBytes(c.out, zmq4.DONTWAIT)
	return err
}

// drop closes the connection, if there is one.
func (c *client) drop() {
	if c.conn != nil {
		c.conn.close()
		c.conn = nil
	}
}

// Close implements [echo.Client].
func (c *client) Close() (err error) {
	c.once.Do(func() {
		c.cancel()
		c.turn <- struct{}{} // waits for the call in flight, which ends soon
		c.drop()
		err = c.hangUp()
		<-c.turn
	})
	return err
}
