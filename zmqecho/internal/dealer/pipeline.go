//go:build cgo && !nozmq

package dealer

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// A pipeline is a number of calls of a Client whose replies arrive on one channel.
type pipeline struct {
	client *Client
	ctx    context.Context
	calls  []*call
	free   chan *call // not in use
	done   chan *call // answered, or failed

	once   sync.Once
	closed chan struct{}
}

// Pipeline implements [echo.Pipeliner]. The pipeline shares the connection with
// the Client's other callers. Replies arrive in any order.
func (c *Client) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 {
		return nil, fmt.Errorf("zmqecho: depth %d: want 1 or more", depth)
	}
	p := &pipeline{client: c, ctx: ctx, closed: make(chan struct{}), free: make(chan *call, depth), done: make(chan *call, depth)}
	for range depth {
		call := &call{done: p.done}
		p.calls = append(p.calls, call)
		p.free <- call
	}
	return p, nil
}

// Send implements [echo.Pipeline]. It waits while depth requests are in flight.
func (p *pipeline) Send(req *payload.Payload) error {
	if err := check.Data("zmqecho", req.Data, p.client.dialer.Limit); err != nil {
		return err
	}
	call, err := p.take(p.free)
	if err != nil {
		return err
	}
	return p.client.start(call, req)
}

// Receive implements [echo.Pipeline]. It returns an error if the server rejected a
// request; the other requests are still answered.
func (p *pipeline) Receive(reply *payload.Payload) error {
	call, err := p.take(p.done)
	if err != nil {
		return err
	}
	err = p.client.finish(call, reply)
	p.free <- call
	return err
}

// take waits for a call from the channel, or for the end of the pipeline.
func (p *pipeline) take(from chan *call) (*call, error) {
	select {
	case <-p.closed:
		return nil, fmt.Errorf("zmqecho: %w", net.ErrClosed)
	default:
	}
	select {
	case call := <-from:
		return call, nil
	case <-p.ctx.Done():
		return nil, fmt.Errorf("zmqecho: %w", p.ctx.Err())
	case <-p.client.ended:
		return nil, p.client.endedError()
	case <-p.closed:
		return nil, fmt.Errorf("zmqecho: %w", net.ErrClosed)
	}
}

// Close implements [echo.Pipeline]. It does not close the Client.
func (p *pipeline) Close() error {
	p.once.Do(func() {
		close(p.closed)
		for _, call := range p.calls {
			call.abandoned.Store(true) // no effect on calls that are not in flight
		}
	})
	return nil
}
