//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/dealer"
	"github.com/echobench/echobench/zmqecho/internal/poll"
	"github.com/echobench/echobench/zmqecho/internal/socket"
)

func (t *Transport) dial(ctx context.Context, addr string, limit payload.Size) (echo.Client, error) {
	hostPort, serverKey, err := t.serverKey(addr)
	if err != nil {
		return nil, err
	}
	endpoint, ipv6, err := socket.Endpoint(ctx, hostPort)
	if err != nil {
		return nil, err
	}
	z, err := t.clients.Acquire()
	if err != nil {
		return nil, err
	}
	d := socket.Dialer{Clients: &t.clients, Context: z, Endpoint: endpoint, IPv6: ipv6, Limit: limit, ServerKey: serverKey}
	var c echo.Client
	if t.Dealer {
		c, err = dealer.New(ctx, d)
	} else {
		c, err = newClient(ctx, d, t.polls())
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return c, nil
}

// stub.go declares another sharedContext for builds without ZeroMQ.
type sharedContext = socket.Shared

// A client is a Client over one REQ socket at a time, which carries at most one
// request at a time.
type client struct {
	dialer  socket.Dialer
	polled  bool // Go's poller waits for the socket
	once    sync.Once
	closing context.Context // ended by Close
	cancel  context.CancelFunc

	// turn holds a value while a call uses the fields below: a ZeroMQ socket may be
	// used by one goroutine at a time. It is a channel and not a mutex, so that a
	// call which waits for its turn notices the end of its context.
	turn     chan struct{}
	conn     *socket.Conn   // nil after a call that ended without a reply
	receiver *poll.Receiver // of conn, if it is polled
	out      []byte         // the encoded request
}

func newClient(ctx context.Context, d socket.Dialer, polled bool) (*client, error) {
	c := &client{dialer: d, polled: polled, turn: make(chan struct{}, 1)}
	c.closing, c.cancel = context.WithCancel(context.Background())
	if err := c.connect(ctx); err != nil {
		c.cancel()
		return nil, err
	}
	return c, nil
}

// connect opens a connection.
func (c *client) connect(ctx context.Context) (err error) {
	c.conn, err = c.dialer.Connect(ctx, c.closing, zmq4.REQ)
	if err == nil && c.polled {
		if c.receiver, err = poll.NewReceiver(c.conn, c.closing); err != nil {
			c.drop()
		}
	}
	return err
}

// Echo implements [echo.Client].
func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("zmqecho", req.Data, c.dialer.Limit); err != nil {
		return err
	}
	if err := c.takeTurn(ctx); err != nil {
		return fmt.Errorf("zmqecho: %w", err)
	}
	defer func() { <-c.turn }()
	if err := socket.Ended(ctx, c.closing); err != nil {
		return fmt.Errorf("zmqecho: %w", err)
	}
	message, err := c.roundTrip(ctx, req)
	if err != nil {
		c.drop() // so that the socket does not take a late reply for that to the next request
		return fmt.Errorf("zmqecho: %w", err)
	}
	return socket.Decode(message, reply, c.dialer.Limit)
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
	return socket.Ended(ctx, c.closing)
}

// roundTrip sends a request and returns the reply.
func (c *client) roundTrip(ctx context.Context, req *payload.Payload) (message []byte, err error) {
	c.out = payload.Append(c.out[:0], req)
	if err := c.send(ctx); err != nil {
		return nil, err
	}
	if c.polled {
		return c.receiver.Receive(ctx)
	}
	deadline, _ := ctx.Deadline()
	for {
		if err := socket.Ended(ctx, c.closing); err != nil {
			return nil, err
		}
		if message, err := c.conn.Receive(deadline); !socket.Again(err) {
			return message, err
		}
	}
}

// send passes c.out to libzmq, which copies it.
func (c *client) send(ctx context.Context) error {
	if c.conn != nil {
		_, err := c.conn.Socket.SendBytes(c.out, zmq4.DONTWAIT)
		if !socket.Again(err) {
			return err
		}
		// The connection has ended since the previous call, and nothing was sent.
		c.drop()
	}
	if err := c.connect(ctx); err != nil {
		return fmt.Errorf("connect again to %s: %w", socket.Address(c.dialer.Endpoint), err)
	}
	_, err := c.conn.Socket.SendBytes(c.out, zmq4.DONTWAIT)
	return err
}

// drop closes the connection, if there is one.
func (c *client) drop() {
	if c.receiver != nil {
		c.receiver.Close()
		c.receiver = nil
	}
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// Close implements [echo.Client].
func (c *client) Close() (err error) {
	c.once.Do(func() {
		c.cancel()
		c.turn <- struct{}{} // waits for the call in flight, which ends soon
		c.drop()
		err = c.dialer.Close()
		<-c.turn
	})
	return err
}
