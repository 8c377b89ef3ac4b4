package stream

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
)

// A Conn is a connection as a Client needs it. A net.Conn is one, and so is a
// stream of QUIC. Close and SetDeadline must end a Read or Write in progress.
type Conn interface {
	io.ReadWriteCloser
	SetDeadline(t time.Time) error
}

// A Client is one connection that carries at most one request at a time. It is
// safe for concurrent use: calls wait for each other.
type Client struct {
	pkg    string
	conn   Conn
	codec  Codec
	limit  payload.Size
	closed atomic.Bool

	mu     sync.Mutex // held by the call in flight
	watch  *watch
	broken error
}

// NewClient returns a Client that owns conn and sends up to limit bytes of data.
// pkg is the prefix of every error message.
func NewClient(pkg string, conn Conn, codec Codec, limit payload.Size) *Client {
	return &Client{pkg: pkg, conn: conn, codec: codec, limit: limit, watch: newWatch(conn)}
}

// Echo implements [echo.Client]. After any error other than echo.ErrTooLarge the
// connection is closed, and every later Echo returns an error.
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
	c.watch.start(ctx)
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
	c.watch.stop()
	return fmt.Errorf("%s: %w", c.pkg, err)
}

// Close implements [echo.Client]. It ends the call in flight and waits for it.
func (c *Client) Close() error {
	if !c.closed.Swap(true) {
		c.conn.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch.stop()
	return nil
}
