package broken

import (
	"context"
	"errors"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// contextFaults returns transports whose calls hang, do not end with their
// contexts, or leave something behind when they do.
func contextFaults() []Fault {
	inFlight := []string{"ContextBefore", "CancelInFlight", "DeadlineInFlight", "SilentServer"}
	return []Fault{
		{Name: "never answers", Checks: []string{"Sizes", "Concurrent"}, AndOthers: true, Slow: true, Transport: withEcho(awaitContext)},
		{Name: "hangs", Checks: []string{"Sizes", "Concurrent"}, AndOthers: true, Slow: true, Transport: withEcho(hang)},
		{Name: "ignores the context", Checks: inFlight, AndOthers: true, Slow: true, Transport: withEcho(ignoreContext)},
		{Name: "hides the context's error", Checks: inFlight, Transport: withError(func(ctx context.Context, err error) error {
			if ctx.Err() != nil {
				return errors.New("broken: timeout")
			}
			return err
		})},
		{Name: "stale reply after a cancelled call", Checks: []string{"CancelInFlight", "DeadlineInFlight", "LargeInFlight"}, Transport: withEcho(returnStaleReply)},
	}
}

func awaitContext(echo.Client) echoFunc {
	return func(ctx context.Context, _, _ *payload.Payload) error {
		<-ctx.Done()
		return ctx.Err()
	}
}

func hang(echo.Client) echoFunc {
	return func(context.Context, *payload.Payload, *payload.Payload) error { select {} }
}

func ignoreContext(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		return next.Echo(context.WithoutCancel(ctx), req, reply)
	}
}

// returnStaleReply returns the reply to a cancelled call from the next call.
func returnStaleReply(next echo.Client) echoFunc {
	type result struct {
		reply *payload.Payload
		err   error
	}
	var mu sync.Mutex
	var pending chan result
	return func(ctx context.Context, req, reply *payload.Payload) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		mu.Lock()
		if pending == nil {
			pending = make(chan result, 1)
			answer, req := pending, proto.Clone(req).(*payload.Payload)
			go func() {
				reply := new(payload.Payload)
				err := next.Echo(context.Background(), req, reply)
				answer <- result{reply, err}
			}()
		}
		answer := pending
		mu.Unlock()
		select {
		case r := <-answer:
			mu.Lock()
			pending = nil
			mu.Unlock()
			reply.Id, reply.Data, reply.Timestamp = r.reply.Id, r.reply.Data, r.reply.Timestamp
			return r.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
