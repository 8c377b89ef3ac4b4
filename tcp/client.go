package tcp

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

// A client is one connection with at most one request on it.
type client struct {
	conn     net.Conn
	limit    payload.Size
	inFlight chan struct{} // shared by the Transport's clients; nil if unlimited
	expire   func()        // made once: a closure per call would be an allocation
	closed   atomic.Bool

	mu     sync.Mutex // held by the call in flight
	in     *frameReader
	out    []byte
	broken error
}

func newClient(conn net.Conn, limit payload.Size, inFlight chan struct{}) *client {
	return &client{
		conn:     conn,
		limit:    limit,
		inFlight: inFlight,
		in:       newFrameReader(conn, limit),
		expire:   func() { conn.SetDeadline(time.Unix(1, 0)) },
	}
}

func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("tcp", req.Data, c.limit); err != nil {
		return err
	}
	if c.inFlight != nil {
		select {
		case c.inFlight <- struct{}{}:
			defer func() { <-c.inFlight }()
		case <-ctx.Done():
			return fmt.Errorf("tcp: waiting to send: %w", ctx.Err())
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed.Load():
		return fmt.Errorf("tcp: %w", net.ErrClosed)
	case ctx.Err() != nil:
		return fmt.Errorf("tcp: %w", ctx.Err())
	case c.broken != nil:
		return c.broken
	}
	var err error
	if c.out, err = appendFrame(c.out[:0], req); err != nil {
		return fmt.Errorf("tcp: %w", err)
	}
	stop := context.AfterFunc(ctx, c.expire)
	if _, err = c.conn.Write(c.out); err == nil {
		err = c.in.read(reply)
	}
	if !stop() && ctx.Err() != nil {
		err = ctx.Err() // the deadline is set: this connection is of no more use
	}
	if err != nil {
		switch {
		case c.closed.Load():
			err = net.ErrClosed
		case err == io.EOF:
			err = fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
		}
		c.broken = fmt.Errorf("tcp: an earlier call broke the connection: %v", err)
		c.conn.Close()
		return fmt.Errorf("tcp: %w", err)
	}
	return nil
}

func (c *client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	err := c.conn.Close() // ends the call in flight
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return nil // closed already, by the call that broke it
	}
	return err
}
