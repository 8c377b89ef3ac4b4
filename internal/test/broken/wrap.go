package broken

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// withEcho returns a transport whose Clients have another Echo. wrap makes it
// from a working Client, and is called once for each Client.
func withEcho(wrap func(next echo.Client) echoFunc) *transport {
	return &transport{client: func(next echo.Client) echo.Client {
		return &client{next: next, echo: wrap(next)}
	}}
}

// withReply returns a transport that changes each reply of a successful Echo.
func withReply(change func(req, reply *payload.Payload)) *transport {
	return withEcho(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err == nil {
				change(req, reply)
			}
			return err
		}
	})
}

// withError returns a transport that changes each error of Echo.
func withError(change func(ctx context.Context, err error) error) *transport {
	return withEcho(func(next echo.Client) echoFunc {
		return func(ctx context.Context, req, reply *payload.Payload) error {
			err := next.Echo(ctx, req, reply)
			if err != nil {
				err = change(ctx, err)
			}
			return err
		}
	})
}

// A closer is a Client or a Server.
type closer interface{ Close() error }

// withClientClose returns a transport whose Clients have another Close, which
// wrap makes from a working Client.
func withClientClose(wrap func(next closer) func() error) *transport {
	return &transport{client: func(next echo.Client) echo.Client {
		return &client{next: next, close: wrap(next)}
	}}
}

// withServerClose returns a transport whose Servers have another Close, which
// wrap makes from a working Server.
func withServerClose(wrap func(next closer) func() error) *transport {
	return &transport{server: func(next echo.Server) echo.Server {
		return &server{next: next, close: wrap(next)}
	}}
}
