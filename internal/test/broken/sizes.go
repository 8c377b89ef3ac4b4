package broken

import (
	"context"
	"errors"
	"fmt"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// sizeFaults returns transports that treat data of some sizes wrongly.
func sizeFaults() []Fault {
	return []Fault{
		{Name: "truncated data", Checks: []string{"Sizes"}, Transport: withReply(func(_, reply *payload.Payload) {
			if len(reply.Data) == int(maxSize)-1 {
				reply.Data = reply.Data[:len(reply.Data)-1]
			}
		})},
		{Name: "corrupted byte", Checks: []string{"Sizes"}, Transport: withReply(func(_, reply *payload.Payload) {
			if len(reply.Data) == 4097 {
				reply.Data[2000] ^= 1
			}
		})},
		{Name: "fails at the limit", Checks: []string{"Sizes"}, AndOthers: true, Transport: withEcho(failAtLimit)},
		{Name: "accepts data over the limit", Checks: []string{"OverLimit", "OverLimitUnsent"}, Transport: &transport{
			listen: new(tcp.Transport).Listen,
			dial:   new(tcp.Transport).Dial,
		}},
		{Name: "sends data over the limit", Checks: []string{"OverLimitUnsent"}, Transport: sendsTooLarge()},
		{Name: "closes after data over the limit", Checks: []string{"OverLimit"}, Transport: withEcho(closeAfterTooLarge)},
	}
}

func failAtLimit(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		if len(req.Data) == int(maxSize) {
			return fmt.Errorf("broken: %w", echo.ErrTooLarge)
		}
		return next.Echo(ctx, req, reply)
	}
}

// sendsTooLarge returns a transport that checks the size only after it has
// received the reply.
func sendsTooLarge() echo.Transport {
	tr := withEcho(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err == nil && len(req.Data) > int(maxSize) {
				err = fmt.Errorf("broken: %w", echo.ErrTooLarge)
			}
			return err
		}
	})
	unlimited := new(tcp.Transport)
	tr.listen, tr.dial = unlimited.Listen, unlimited.Dial
	return tr
}

func closeAfterTooLarge(next echo.Client) echoFunc {
	return func(ctx context.Context, req, reply *payload.Payload) error {
		err := next.Echo(ctx, req, reply)
		if errors.Is(err, echo.ErrTooLarge) {
			next.Close()
		}
		return err
	}
}
