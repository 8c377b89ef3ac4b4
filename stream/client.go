package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// A Conn is a connection as a Client needs it. A net.Conn is one, and so is a
// stream of QUIC. Close and SetDeadline must end a Read or Write in progress.
type Conn interface {
	io.ReadWriteCloser
	SetDeadline(t time.Time) error
}

// A Client is one connection that carries at most one request at a time. It is
// safe for concurrent use: calls wait for each other, until their contexts end.
type Client struct {
	pkg    string
	conn   Conn
	codec  Codec
	limit  payload.Size
	closed atomic.Bool

	turn   chan struct{} // holds a value while a call is in flight, and during Close
	watch  *watch        // this and broken belong to whoever has the turn
	broken error
}

// NewClient returns a Client that owns conn and sends up to limit bytes of data.
// pkg is the prefix of every error message.
func NewClient(pkg string, conn Conn, codec Codec, limit payload.Size) *Client {
	return &Client{pkg: pkg, conn: conn, codec: codec, limit: limit, turn: make(chan struct{}, 1), watch: newWatch(conn)}
}

// Echo implements [echo.Client]. After any error other than echo.ErrTooLarge and
// echo.ErrRefused the connection is closed, and every later Echo returns an error.
// The codec's Read or Write returns an error that matches echo.ErrRefused if it has
// read all of the server's refusal.
func (c *Client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data(c.pkg, req.Data, c.limit); err != nil {
		return err
	}
	if !c.takeTurn(ctx) {
		return c.ended(ctx)
	}
	defer func() { <-c.turn }()
	switch {
	case c.closed.Load() || ctx.Err() != nil:
		return c.ended(ctx)
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
	case errors.Is(err, echo.ErrRefused):
		return fmt.Errorf("%s: %w", c.pkg, err)
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

// takeTurn waits until no other call is in flight. It returns false if ctx ended
// first.
func (c *Client) takeTurn(ctx context.Context) bool {
	select {
	case c.turn <- struct{}{}:
		return true
	default: // saves the cost of waiting for two channels
	}
	select {
	case c.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// Close implements [echo.Client]. It ends the call in flight and waits for it.
func (c *Client) Close() error {
	if !c.closed.Swap(true) {
		c.conn.Close()
	}
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.watch.stop()
	return nil
}

// ended returns the error of a call that was not sent, because the Client is
// closed or ctx has ended.
func (c *Client) ended(ctx context.Context) error {
	if c.closed.Load() {
		return fmt.Errorf("%s: %w", c.pkg, net.ErrClosed)
	}
	return fmt.Errorf("%s: %w", c.pkg, ctx.Err())
}
