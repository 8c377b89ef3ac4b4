package tcp

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp/internal/grants"
	"github.com/echobench/echobench/tcp/internal/mux"
)

// newClient returns the Client of one connection, which owns conn and reads from
// and writes to wire.
func (t *Transport) newClient(conn net.Conn, wire io.ReadWriter, limit payload.Size) echo.Client {
	switch {
	case t.Mux:
		return mux.NewClient(conn, wire, limit)
	case t.Grants > 0:
		return stream.NewClient("tcp", conn, grants.NewClientCodec(wire, limit, &t.buffers), limit)
	default:
		return stream.NewClient("tcp", conn, stream.NewFrameCodec(wire, limit), limit)
	}
}

// limitInFlight returns c, or, with MaxInFlight, a limitedClient that uses c.
func (t *Transport) limitInFlight(c echo.Client) echo.Client {
	if t.MaxInFlight == 0 {
		return c
	}
	t.once.Do(func() { t.inFlight = make(chan struct{}, t.MaxInFlight) })
	return &limitedClient{Client: c, inFlight: t.inFlight, closed: make(chan struct{})}
}

// A limitedClient sends a request only while fewer than MaxInFlight requests of its
// Transport's clients are in flight.
type limitedClient struct {
	echo.Client
	inFlight chan struct{} // the Transport's
	once     sync.Once
	closed   chan struct{} // ends the wait
}

// Echo implements [echo.Client].
func (c *limitedClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
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
func (c *limitedClient) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Client.Close()
}
