//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// A pipeline is a number of calls of a mux whose answers arrive on one channel.
type pipeline struct {
	mux   *mux
	ctx   context.Context
	calls []*call
	free  chan *call // not in use
	done  chan *call // answered, or failed

	once   sync.Once
	closed chan struct{}
}

// Pipeline implements [echo.Pipeliner]. The pipeline shares the connection with
// the Client's other callers. Answers arrive in any order.
func (m *mux) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 {
		return nil, fmt.Errorf("zmqecho: depth %d: want 1 or more", depth)
	}
	p := &pipeline{mux: m, ctx: ctx, closed: make(chan struct{}), free: make(chan *call, depth), done: make(chan *call, depth)}
	for range depth {
		c := &call{done: p.done}
		p.calls = append(p.calls, c)
		p.free <- c
	}
	return p, nil
}

// Send implements [echo.Pipeline]. It waits while depth requests are in flight.
func (p *pipeline) Send(req *payload.Payload) error {
	if err := check.Data("zmqecho", req.Data, p.mux.limit); err != nil {
		return err
	}
	c, err := p.take(p.free)
	if err != nil {
		return err
	}
	return p.mux.start(c, req)
}

// Receive implements [echo.Pipeline]. It returns an error if the server refused a
// request; the other requests are still answered.
func (p *pipeline) Receive(reply *payload.Payload) error {
	c, err := p.take(p.done)
	if err != nil {
		return err
	}
	err = p.mux.finish(c, reply)
	p.free <- c
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
	case c := <-from:
		return c, nil
	case <-p.ctx.Done():
		return nil, fmt.Errorf("zmqecho: %w", p.ctx.Err())
	case <-p.mux.ended:
		return nil, p.mux.endedError()
	case <-p.closed:
		return nil, fmt.Errorf("zmqecho: %w", net.ErrClosed)
	}
}

// Close implements [echo.Pipeline]. It does not close the Client.
func (p *pipeline) Close() error {
	p.once.Do(func() {
		close(p.closed)
		for _, c := range p.calls {
			c.abandoned.Store(true) // no effect on calls that are not in flight
		}
	})
	return nil
}
