package tcp

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A pipe is one worker's requests in flight on a multiplexed connection.
type pipe struct {
	mux     *mux
	ctx     context.Context // ends with the worker's, and by Close
	cancel  context.CancelFunc
	closed  atomic.Bool
	calls   []*call
	idle    chan *call // not in flight
	arrived chan *call // answered or failed

	sending sync.Mutex
}

// Pipeline implements [echo.Pipeliner]. A Send over depth waits until a
// reply has been received.
func (m *mux) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 {
		return nil, fmt.Errorf("tcp: pipeline of depth %d: want 1 or more", depth)
	}
	p := &pipe{mux: m, idle: make(chan *call, depth), arrived: make(chan *call, depth)}
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
func (p *pipe) Send(req *payload.Payload) error {
	p.sending.Lock()
	defer p.sending.Unlock()
	if p.ctx.Err() != nil {
		return p.ended()
	}
	select {
	case c := <-p.idle:
		err := p.mux.send(p.ctx, c, req)
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
func (p *pipe) Receive(reply *payload.Payload) error {
	if p.ctx.Err() != nil {
		return p.ended()
	}
	select {
	case c := <-p.arrived:
		return p.finish(c, reply)
	case <-p.ctx.Done():
		return p.ended()
	case <-p.mux.broken:
	}
	select {
	case c := <-p.arrived:
		return p.finish(c, reply)
	default:
		return fmt.Errorf("tcp: the connection is broken: %w", p.mux.cause())
	}
}

func (p *pipe) finish(c *call, reply *payload.Payload) error {
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
func (p *pipe) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	p.cancel()
	p.sending.Lock() // no Send is under way, and the next sees that it's over
	defer p.sending.Unlock()
	for _, c := range p.calls {
		p.mux.forget(c)
	}
	return nil
}

func (p *pipe) ended() error {
	if p.closed.Load() {
		return fmt.Errorf("tcp: %w", net.ErrClosed)
	}
	return fmt.Errorf("tcp: %w", p.ctx.Err())
}
