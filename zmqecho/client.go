//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/pebbe/zmq4"
)

// A client has one REQ at a time, with at most one request on it. A ZeroMQ
// socket belongs to one goroutine at a time: whoever holds mu.
type client struct {
	dialer
	closed atomic.Bool // seen by the call in flight at the end of its slice

	mu   sync.Mutex
	conn *conn // nil after a call that ended without an answer
	out  []byte
}

func newClient(ctx context.Context, d dialer) (echo.Client, error) {
	c := &client{dialer: d}
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *client) connect(ctx context.Context) (err error) {
	c.conn, err = c.dialer.connect(ctx, zmq4.REQ, func() error { return c.interrupted(ctx) })
	return err
}

// interrupted says why a call must not go on, if so.
func (c *client) interrupted(ctx context.Context) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	return ctx.Err()
}

func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("zmqecho", req.Data, c.limit); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, err := c.roundTrip(ctx, req)
	if err != nil {
		c.drop() // a REQ that still waits could take a late answer for the next one's
		return fmt.Errorf("zmqecho: %w", err)
	}
	return decode(answer, reply, c.limit)
}

// decode makes an answer's bytes a reply.
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
	if err := c.interrupted(ctx); err != nil {
		return nil, err
	}
	c.out = payload.Append(c.out[:0], req)
	if err := c.send(ctx); err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	for waited, patience := time.Duration(0), patience; ; waited += c.conn.wait {
		if waited >= patience { // see the package comment
			waited, patience = 0, 2*patience
			c.drop()
			if err := c.send(ctx); err != nil {
				return nil, err
			}
		}
		answer, err := c.conn.receive(deadline)
		if err == nil {
			return answer, nil
		}
		if !again(err) {
			return nil, err
		}
		if err := c.interrupted(ctx); err != nil {
			return nil, err
		}
		if c.conn.lost() {
			return nil, errLost
		}
	}
}

// send hands c.out to libzmq, which copies it.
func (c *client) send(ctx context.Context) error {
	if c.conn != nil {
		_, err := c.conn.socket.SendBytes(c.out, zmq4.DONTWAIT)
		if !again(err) {
			return err
		}
		// The connection ended since the last call and nothing was sent.
		c.drop()
	}
	if err := c.connect(ctx); err != nil {
		return fmt.Errorf("connect again to %s: %w", address(c.endpoint), err)
	}
	_, err := c.conn.socket.SendBytes(c.out, zmq4.DONTWAIT)
	return err
}

func (c *client) drop() {
	if c.conn != nil {
		c.conn.close()
		c.conn = nil
	}
}

func (c *client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.mu.Lock() // the call in flight ends within its slice
	defer c.mu.Unlock()
	c.drop()
	return c.hangUp()
}
