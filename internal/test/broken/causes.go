package broken

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// causeFaults returns transports whose errors match that of a context that has not
// ended.
func causeFaults() []Fault {
	fault := func(name string, tr echo.Transport) Fault {
		return Fault{Name: name, Checks: []string{"ContextErrors"}, Alone: true, Transport: tr}
	}
	return []Fault{
		fault("Close cancels calls", withError(func(_ context.Context, err error) error {
			if errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("%w: %w", err, context.Canceled)
			}
			return err
		})),
		fault("a lost connection looks like a deadline", withError(func(ctx context.Context, err error) error {
			if ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("%w: %w", err, context.DeadlineExceeded)
			}
			return err
		})),
		fault("large calls that fail look cancelled", withEcho(func(next echo.Client) echoFunc {
			return func(ctx context.Context, req, reply *payload.Payload) error {
				err := next.Echo(ctx, req, reply)
				if err != nil && len(req.Data) > 32<<10 {
					err = fmt.Errorf("%w: %w", err, context.Canceled)
				}
				return err
			}
		})),
		fault("a cancelled call cancels the others", cancelsAll()),
	}
}

// cancelsAll returns a transport whose callers share Clients. If the context of one
// caller ends, the calls of the others end as well.
func cancelsAll() echo.Transport {
	tr := withEcho(func(next echo.Client) echoFunc {
		all, cancel := context.WithCancel(context.Background())
		return func(ctx context.Context, req, reply *payload.Payload) error {
			defer context.AfterFunc(ctx, cancel)()
			merged, stop := context.WithCancel(ctx)
			defer stop()
			defer context.AfterFunc(all, stop)()
			return next.Echo(merged, req, reply)
		}
	})
	tr.describe = func(d *echo.Description) { d.Clients = 1 }
	return tr
}

// errorFaults returns transports that hide that an Echo has failed.
func errorFaults() []Fault {
	return []Fault{
		{
			Name:   "swallows every error",
			Checks: []string{"OverLimit", "ContextBefore", "EchoAfterClose", "ServerCloseInFlight"}, AndOthers: true,
			Transport: withError(func(context.Context, error) error { return nil }),
		},
		{
			Name:   "swallows a broken connection",
			Checks: []string{"ServerCloseIdle", "ServerCloseInFlight"}, AndOthers: true,
			Transport: withError(func(ctx context.Context, err error) error {
				if ctx.Err() == nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, echo.ErrTooLarge) {
					return nil
				}
				return err
			}),
		},
	}
}
