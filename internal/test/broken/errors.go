package broken

import (
	"context"
	"errors"
	"net"

	"github.com/echobench/echobench/echo"
)

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
