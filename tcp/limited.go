package tcp

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A limited client waits for its turn among all of its Transport's clients
// before it sends.
type limited struct {
	echo.Client
	inFlight chan struct{} // the Transport's
	once     sync.Once
	closed   chan struct{} // ends the wait
}

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

func (c *limited) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Client.Close()
}
