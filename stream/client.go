package stream

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
)

// A Client is one connection with at most one request on it. It is safe for
// concurrent use: calls wait for each other.
type Client struct {
	pkg    string
	conn   net.Conn
	codec  Codec
	limit  payload.Size
	closed atomic.Bool

	mu     sync.Mutex // held by the call in flight
	watch  *watch
	broken error
}

// NewClient returns a Client that owns conn. pkg begins its errors.
func NewClient(pkg string, conn net.Conn, codec Codec, limit payload.Size) *Client {
	return &Client{pkg: pkg, conn: conn, codec: codec, limit: limit, watch: newWatch(conn)}
}

// Echo implements [echo.Client]. After an error other than ErrTooLarge the
// connection is closed, and every later Echo says so.
func (c *Client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data(c.pkg, req.Data, c.limit); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed.Load():
		return fmt.Errorf("%s: %w", c.pkg, net.ErrClosed)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", c.pkg, ctx.Err())
	case c.broken != nil:
		return c.broken
	}
	c.watch.over(ctx)
	err := c.codec.Write(req)
	if err == nil {
		err = c.codec.Read(reply)
	}
	if err == nil {
		return nil
	}
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case c.closed.Load():
		err = net.ErrClosed
	case err == io.EOF:
		err = fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
	}
	c.broken = fmt.Errorf("%s: an earlier call broke the connection: %v", c.pkg, err)
	c.conn.Close()
	c.watch.end()
	return fmt.Errorf("%s: %w", c.pkg, err)
}

// Close implements [echo.Client]: it ends the call in flight and waits
// for it.
func (c *Client) Close() error {
	if !c.closed.Swap(true) {
		c.conn.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch.end()
	return nil
}
