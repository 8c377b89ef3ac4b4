package tcp

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// limitInFlight returns c, or, with MaxInFlight, a limited client that uses it.
func (t *Transport) limitInFlight(c echo.Client) echo.Client {
	if t.MaxInFlight == 0 {
		return c
	}
	t.once.Do(func() { t.inFlight = make(chan struct{}, t.MaxInFlight) })
	return &limited{Client: c, inFlight: t.inFlight, closed: make(chan struct{})}
}

// A limited client sends a request only while fewer than MaxInFlight requests of
// its Transport's clients are in flight.
type limited struct {
	echo.Client
	inFlight chan struct{} // the Transport's
	once     sync.Once
	closed   chan struct{} // ends the wait
}

// Echo implements [echo.Client].
func (c *limited) Echo(ctx context.Context, req, reply *payload.Payload) error {
	select {
	case c.inFlight <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("tcp: waiting to send: %w", ctx.Err())
	case <-c.closed:
		return fmt.Errorf("tcp: waiting to send: %w", net.ErrClosed)
	}
	defer func() { <-c.inFlight }()
	return c.Client.Echo(ctx, req, reply)
}

// Close implements [echo.Client].
func (c *limited) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Client.Close()
}
