package broken

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// tooLate is how long the transports here wait after a context has ended.
const tooLate = 3 * time.Second

// lateFaults returns transports that notice late that a context has ended.
func lateFaults() []Fault {
	both := []string{"CancelInFlight", "DeadlineInFlight"}
	return []Fault{
		{Name: "late after the end of a context", Checks: both, Alone: true, Transport: lateIf(func(context.Context, int, int) bool { return true })},
		{Name: "late after a deadline", Checks: both[1:], Alone: true, Transport: lateIf(func(ctx context.Context, _, _ int) bool {
			_, ok := ctx.Deadline()
			return ok
		})},
		{Name: "late from the 100th call on", Checks: both, Alone: true, Transport: lateIf(func(_ context.Context, n, _ int) bool { return n > 100 })},
		{Name: "late with large data", Checks: []string{"LargeInFlight"}, Alone: true, Transport: lateIf(func(_ context.Context, _, size int) bool { return size > 32<<10 })},
		{Name: "looks at the context every 3 s", Checks: both, Alone: true, Transport: withEcho(looksRarely)},
		{Name: "Dial is late", Checks: []string{"SilentServer"}, Alone: true, Transport: &transport{dial: dialLate}},
	}
}

// lateIf returns a transport that is late after the end of a call's context if late
// returns true. n counts a Client's calls, and size is the length of the data.
func lateIf(late func(ctx context.Context, n, size int) bool) echo.Transport {
	return withEcho(func(next echo.Client) echoFunc {
		var calls atomic.Int64
		return func(ctx context.Context, req, reply *payload.Payload) error {
			n := int(calls.Add(1))
			err := next.Echo(ctx, req, reply)
			if ctx.Err() != nil && late(ctx, n, len(req.Data)) {
				time.Sleep(tooLate)
			}
			return err
		}
	})
}

func looksRarely(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		done := make(chan error, 1)
		copied := &payload.Payload{Id: req.Id, Data: append([]byte(nil), req.Data...), Timestamp: req.Timestamp}
		answer := new(payload.Payload)
		call, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() { done <- next.Echo(call, copied, answer) }()
		for {
			select {
			case err := <-done:
				reply.Id, reply.Data, reply.Timestamp = answer.Id, answer.Data, answer.Timestamp
				return err
			case <-time.After(tooLate):
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
		}
	}
}

// dialLate makes an Echo before it returns a Client, and is late if ctx ends first.
func dialLate(ctx context.Context, addr string) (echo.Client, error) {
	c, err := healthy.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	if err := c.Echo(ctx, &payload.Payload{Id: 1}, new(payload.Payload)); err != nil {
		time.Sleep(tooLate)
		c.Close()
		return nil, err
	}
	return c, nil
}
