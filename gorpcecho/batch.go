package gorpcecho

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

var _ echo.Batcher = (*client)(nil)

// EchoBatch implements [echo.Batcher]. It queues all requests before it waits for
// the first answer, so that gorpc's writer finds them together. gorpc.Batch does
// the same, but its Call takes no context.
func (c *client) EchoBatch(ctx context.Context, reqs, replies []*payload.Payload) error {
	calls := make([]call, 0, len(reqs))
	for _, req := range reqs {
		call, err := c.send(ctx, req)
		if err != nil {
			c.abandonAll(calls)
			return err
		}
		calls = append(calls, call)
	}
	for i, call := range calls {
		err := c.wait(ctx, call)
		if err == nil {
			err = c.finish(ctx, call, replies[i])
		}
		if err != nil {
			c.abandonAll(calls[i+1:])
			return err
		}
	}
	return nil
}

// abandonAll cancels calls that nobody waits for any more.
func (c *client) abandonAll(calls []call) {
	for _, call := range calls {
		c.abandon(call)
	}
}
