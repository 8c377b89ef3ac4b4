package gorpcecho

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

var (
	_ echo.Batcher   = (*client)(nil)
	_ echo.Pipeliner = (*client)(nil)
)

// EchoBatch implements [echo.Batcher]. It does what gorpc.Batch does, whose
// Call knows no context: it queues all requests before it waits for an answer. So
// what makes them one is that gorpc's writer finds them together; on the wire a
// batch is no different from calls at the same time.
func (c *client) EchoBatch(ctx context.Context, reqs, replies []*payload.Payload) error {
	calls := make([]call, 0, len(reqs))
	cancel := func() {
		for _, call := range calls {
			call.Cancel()
		}
	}
	for _, req := range reqs {
		call, err := c.send(ctx, req)
		if err != nil {
			cancel()
			return err
		}
		calls = append(calls, call)
	}
	for i, call := range calls {
		err := c.wait(ctx, call)
		if err == nil {
			err = c.finish(call, replies[i])
		}
		if err != nil {
			calls = calls[i+1:]
			cancel()
			return err
		}
	}
	return nil
}
