package gorpcecho

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

var _ echo.Pipeliner = (*client)(nil)

// A pipeline is a sequence of asynchronous calls of a client.
type pipeline struct {
	client *client
	ctx    context.Context // ends with the caller's context and at Close
	cancel context.CancelFunc
	closed atomic.Bool
	room   chan struct{} // has an element for each request in flight
	calls  chan call     // in the order of the requests
}

// Pipeline implements [echo.Pipeliner]. The pipeline shares the client's
// connections with other callers. Receive returns the replies in the order of the
// requests, though the server may answer in another order. After a request that
// the server refuses, the pipeline remains usable.
func (c *client) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 || depth > pending {
		return nil, fmt.Errorf("gorpcecho: depth %d: want 1 to %d", depth, pending)
	}
	if err := c.endedError(ctx); err != nil {
		return nil, err
	}
	p := &pipeline{client: c, room: make(chan struct{}, depth), calls: make(chan call, depth)}
	p.ctx, p.cancel = context.WithCancel(ctx)
	return p, nil
}

// Send implements [echo.Pipeline]. It waits while depth requests are in flight.
func (p *pipeline) Send(req *payload.Payload) error {
	select {
	case p.room <- struct{}{}:
	case <-p.ctx.Done():
		return p.mapError(p.ctx.Err())
	case <-p.client.ended:
		return p.mapError(p.client.endedError(p.ctx))
	}
	call, err := p.client.send(p.ctx, req)
	if err != nil {
		<-p.room
		return p.mapError(err)
	}
	p.calls <- call // never blocks, since there was room
	return nil
}

// Receive implements [echo.Pipeline].
func (p *pipeline) Receive(reply *payload.Payload) error {
	select {
	case call := <-p.calls:
		err := p.client.wait(p.ctx, call)
		<-p.room
		if err == nil {
			err = p.client.finish(p.ctx, call, reply)
		}
		return p.mapError(err)
	case <-p.ctx.Done():
		return p.mapError(p.ctx.Err())
	case <-p.client.ended:
		return p.mapError(p.client.endedError(p.ctx))
	}
}

// mapError returns the error that Send and Receive return for err: nil if err is
// nil, net.ErrClosed after Close, the context's error after the caller's context
// ended, and err otherwise.
func (p *pipeline) mapError(err error) error {
	switch {
	case err == nil:
		return nil
	case p.closed.Load():
		return fmt.Errorf("gorpcecho: %w", net.ErrClosed)
	case p.ctx.Err() != nil:
		return fmt.Errorf("gorpcecho: %w", p.ctx.Err())
	}
	return err
}

// Close implements [echo.Pipeline]. The client remains usable.
func (p *pipeline) Close() error {
	p.closed.Store(true)
	p.cancel()
	for {
		select {
		case call := <-p.calls:
			p.client.abandon(call)
		default:
			return nil
		}
	}
}
