package mux

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A pipeline holds one worker's requests in flight on a connection.
type pipeline struct {
	client  *Client
	ctx     context.Context // ends with the worker's context and at Close
	cancel  context.CancelFunc
	closed  atomic.Bool
	calls   []*call
	idle    chan *call // calls that are not in use
	arrived chan *call // calls that have ended, with a reply or an error

	sending sync.Mutex // held by Send
}

// Pipeline implements [echo.Pipeliner]. While depth requests are in flight, Send waits
// until Receive has returned a reply.
func (m *Client) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 {
		return nil, fmt.Errorf("tcp: pipeline of depth %d: want 1 or more", depth)
	}
	p := &pipeline{client: m, idle: make(chan *call, depth), arrived: make(chan *call, depth)}
	p.ctx, p.cancel = context.WithCancel(ctx)
	for range depth {
		c := newCall(p.arrived)
		c.reply = new(payload.Payload)
		p.calls = append(p.calls, c)
		p.idle <- c
	}
	return p, nil
}

// Send implements [echo.Pipeline].
func (p *pipeline) Send(req *payload.Payload) error {
	p.sending.Lock()
	defer p.sending.Unlock()
	if p.ctx.Err() != nil {
		return p.ended()
	}
	select {
	case c := <-p.idle:
		err := p.client.send(p.ctx, c, req)
		if err != nil {
			p.idle <- c
		}
		if p.closed.Load() {
			return p.ended()
		}
		return err
	case <-p.ctx.Done():
		return p.ended()
	}
}

// Receive implements [echo.Pipeline].
func (p *pipeline) Receive(reply *payload.Payload) error {
	if p.ctx.Err() != nil {
		return p.ended()
	}
	select {
	case c := <-p.arrived:
		return p.finish(c, reply)
	case <-p.ctx.Done():
		return p.ended()
	case <-p.client.broken:
	}
	select {
	case c := <-p.arrived:
		return p.finish(c, reply)
	default:
		return fmt.Errorf("tcp: the connection is broken: %w", p.client.cause())
	}
}

// finish copies the reply of a call that has ended, and makes the call idle.
func (p *pipeline) finish(c *call, reply *payload.Payload) error {
	err := c.err
	if err == nil {
		data := append(reply.Data[:0], c.reply.Data...)
		reply.Reset()
		reply.Id, reply.Data, reply.Timestamp = c.reply.Id, data, c.reply.Timestamp
	}
	c.err = nil
	p.idle <- c
	return err
}

// Close implements [echo.Pipeline].
func (p *pipeline) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	p.cancel()
	p.sending.Lock() // waits for a Send in progress; every later one fails
	defer p.sending.Unlock()
	for _, c := range p.calls {
		p.client.forget(c)
	}
	return nil
}

// ended returns the error of a pipeline that has been closed or whose context has
// ended.
func (p *pipeline) ended() error {
	if p.closed.Load() {
		return fmt.Errorf("tcp: %w", net.ErrClosed)
	}
	return fmt.Errorf("tcp: %w", p.ctx.Err())
}
