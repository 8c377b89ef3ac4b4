package broken

import (
	"context"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// Many returns a transport without a fault whose Clients send batches and have
// pipelines, as simple as can be: one message after the other.
func Many() echo.Transport { return many(manyClient{}) }

// many makes a transport of like's faults.
func many(like manyClient) echo.Transport {
	return &transport{client: func(next echo.Client) echo.Client {
		c := like
		c.Client = next
		c.ctx, c.cancel = context.WithCancelCause(context.Background())
		return &c
	}}
}

type manyClient struct {
	echo.Client
	ctx    context.Context // ends with Close
	cancel context.CancelCauseFunc

	mixesUp, repeats, retains, deaf bool
}

func (c *manyClient) EchoBatch(ctx context.Context, reqs, replies []*payload.Payload) error {
	for i := range reqs {
		if err := c.Echo(ctx, reqs[i], replies[i]); err != nil {
			return err
		}
	}
	if c.mixesUp && len(reqs) > 1 {
		replies[0].Id, replies[1].Id = replies[1].Id, replies[0].Id
	}
	return nil
}

func (c *manyClient) Close() error {
	if !c.deaf {
		c.cancel(net.ErrClosed)
	}
	return c.Client.Close()
}

func (c *manyClient) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	p := &manyPipeline{client: c, sent: make(chan *payload.Payload, depth)}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	context.AfterFunc(c.ctx, func() { p.cancel(net.ErrClosed) })
	return p, nil
}

type manyPipeline struct {
	client *manyClient
	ctx    context.Context
	cancel context.CancelCauseFunc
	sent   chan *payload.Payload
	once   sync.Once
	last   *payload.Payload
}

func (p *manyPipeline) Send(req *payload.Payload) error {
	if !p.client.retains {
		req = &payload.Payload{Id: req.Id, Data: append([]byte(nil), req.Data...), Timestamp: req.Timestamp}
	}
	select {
	case p.sent <- req:
		return nil
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
}

func (p *manyPipeline) Receive(reply *payload.Payload) error {
	select {
	case req := <-p.sent:
		if p.last != nil && p.client.repeats {
			req = p.last
		}
		p.last = req
		return p.client.Echo(p.ctx, req, reply)
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
}

func (p *manyPipeline) Close() error {
	if !p.client.deaf {
		p.once.Do(func() { p.cancel(net.ErrClosed) })
	}
	return nil
}
