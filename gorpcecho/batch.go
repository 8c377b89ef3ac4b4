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
			cancelAll(calls)
			return err
		}
		calls = append(calls, call)
	}
	for i, call := range calls {
		if err := c.receive(ctx, call, replies[i]); err != nil {
			cancelAll(calls[i+1:])
			return err
		}
	}
	return nil
}

// cancelAll cancels calls that nobody waits for any more.
func cancelAll(calls []call) {
	for _, call := range calls {
		call.Cancel()
	}
}
