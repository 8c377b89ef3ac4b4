package broken

import (
	"context"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

func batchFaults() []Fault {
	return []Fault{
		{Name: "mixes up a batch", Checks: []string{"Batch"}, Transport: extended(extendedClient{mixesUpBatch: true})},
	}
}

func pipelineFaults() []Fault {
	return []Fault{
		{Name: "repeats a reply in a pipeline", Checks: []string{"Pipeline"}, Transport: extended(extendedClient{repeatsReply: true})},
		{Name: "retains the request in a pipeline", Checks: []string{"Pipeline"}, Transport: extended(extendedClient{retainsRequest: true})},
		{Name: "pipeline's Close does nothing", Checks: []string{"PipelineClose"}, AndOthers: true, Slow: true, Transport: extended(extendedClient{ignoresClose: true})},
	}
}

// extended returns a transport whose Clients have the faults of like.
func extended(like extendedClient) echo.Transport {
	return &transport{client: func(next echo.Client) echo.Client {
		c := like
		c.Client = next
		c.ctx, c.cancel = context.WithCancelCause(context.Background())
		return &c
	}}
}

// An extendedClient implements batches and pipelines in the simplest way: it
// sends one message after another.
type extendedClient struct {
	echo.Client
	ctx    context.Context // ends with Close
	cancel context.CancelCauseFunc

	mixesUpBatch, repeatsReply, retainsRequest, ignoresClose bool
}

func (c *extendedClient) EchoBatch(ctx context.Context, reqs, replies []*payload.Payload) error {
	for i := range reqs {
		if err := c.Echo(ctx, reqs[i], replies[i]); err != nil {
			return err
		}
	}
	if c.mixesUpBatch && len(reqs) > 1 {
		replies[0].Id, replies[1].Id = replies[1].Id, replies[0].Id
	}
	return nil
}

func (c *extendedClient) Close() error {
	if !c.ignoresClose {
		c.cancel(net.ErrClosed)
	}
	return c.Client.Close()
}

func (c *extendedClient) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	p := &pipeline{client: c, sent: make(chan *payload.Payload, depth)}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	context.AfterFunc(c.ctx, func() { p.cancel(net.ErrClosed) })
	return p, nil
}

// A pipeline calls Echo when its owner calls Receive.
type pipeline struct {
	client *extendedClient
	ctx    context.Context
	cancel context.CancelCauseFunc
	sent   chan *payload.Payload
	once   sync.Once
	last   *payload.Payload // the request that was answered last
}

func (p *pipeline) Send(req *payload.Payload) error {
	if !p.client.retainsRequest {
		req = &payload.Payload{Id: req.Id, Data: append([]byte(nil), req.Data...), Timestamp: req.Timestamp}
	}
	select {
	case p.sent <- req:
		return nil
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
}

func (p *pipeline) Receive(reply *payload.Payload) error {
	select {
	case req := <-p.sent:
		if p.last != nil && p.client.repeatsReply {
			req = p.last
		}
		p.last = req
		return p.client.Echo(p.ctx, req, reply)
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
}

func (p *pipeline) Close() error {
	if !p.client.ignoresClose {
		p.once.Do(func() { p.cancel(net.ErrClosed) })
	}
	return nil
}
