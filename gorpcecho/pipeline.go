package gorpcecho

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A pipeline is asynchronous calls of a client.
type pipeline struct {
	client *client
	ctx    context.Context // the caller's, ended by Close, too
	cancel context.CancelFunc
	calls  chan call // in the order of their requests
	room   chan struct{}

	once   sync.Once
	closed chan struct{}
}

// Pipeline implements [echo.Pipeliner]. The pipeline shares the Client's
// connections with other callers. Replies come in the order of the requests,
// though the server may have answered in another.
func (c *client) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 || depth > pending {
		return nil, fmt.Errorf("gorpcecho: depth %d: want 1 to %d", depth, pending)
	}
	select {
	case <-c.ended:
		return nil, c.endedError()
	default:
	}
	p := &pipeline{client: c, calls: make(chan call, depth), room: make(chan struct{}, depth), closed: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(ctx)
	return p, nil
}

// Send waits while depth requests are in flight.
func (p *pipeline) Send(req *payload.Payload) error {
	select {
	case p.room <- struct{}{}:
	case <-p.ctx.Done():
		return p.endedError()
	case <-p.client.ended:
		return p.client.endedError()
	}
	call, err := p.client.send(p.ctx, req)
	if err != nil {
		<-p.room
		return p.failed(err)
	}
	p.calls <- call // there is room
	return nil
}

// Receive fails if the server refused a request; the others are still answered.
func (p *pipeline) Receive(reply *payload.Payload) error {
	select {
	case call := <-p.calls:
		err := p.client.wait(p.ctx, call)
		<-p.room
		if err == nil {
			err = p.client.finish(call, reply)
		}
		return p.failed(err)
	case <-p.ctx.Done():
		return p.endedError()
	case <-p.client.ended:
		return p.client.endedError()
	}
}

// failed is what Send and Receive return for a call's error.
func (p *pipeline) failed(err error) error {
	if err != nil && p.ctx.Err() != nil {
		return p.endedError()
	}
	return err
}

// endedError says whether Close or the caller's context came first.
func (p *pipeline) endedError() error {
	select {
	case <-p.closed:
		return fmt.Errorf("gorpcecho: %w", net.ErrClosed)
	default:
		return fmt.Errorf("gorpcecho: %w", p.ctx.Err())
	}
}

// Close leaves the Client as it is.
func (p *pipeline) Close() error {
	p.once.Do(func() {
		close(p.closed)
		p.cancel()
	})
	for {
		select {
		case call := <-p.calls:
			call.Cancel()
		default:
			return nil
		}
	}
}
