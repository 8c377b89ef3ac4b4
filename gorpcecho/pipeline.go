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
// the server rejects, the pipeline remains usable.
func (c *client) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 || depth > pending {
		return nil, fmt.Errorf("gorpcecho: depth %d: want 1 to %d", depth, pending)
	}
	if err := c.ended(ctx); err != nil {
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
		return p.ended()
	case <-p.client.alive.Done():
		return p.ended()
	}
	call, err := p.client.send(p.ctx, req)
	if err != nil {
		<-p.room
		return p.error(err)
	}
	p.calls <- call // never blocks, since there was room
	return nil
}

// Receive implements [echo.Pipeline].
func (p *pipeline) Receive(reply *payload.Payload) error {
	select {
	case call := <-p.calls:
		err := p.client.receive(p.ctx, call, reply)
		<-p.room
		return p.error(err)
	case <-p.ctx.Done():
	case <-p.client.alive.Done():
	}
	return p.ended()
}

// ended returns the error of a pipeline that has ended, or whose client has.
func (p *pipeline) ended() error { return p.error(p.client.ended(p.ctx)) }

// error returns net.ErrClosed in place of an error after Close.
func (p *pipeline) error(err error) error {
	if err != nil && p.closed.Load() {
		return fmt.Errorf("gorpcecho: %w", net.ErrClosed)
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
			call.Cancel()
		default:
			return nil
		}
	}
}
