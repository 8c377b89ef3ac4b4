package broken

import (
	"context"
	"errors"
	"strings"

	"github.com/echobench/echobench/echo"
)

// Healthy returns a transport without a fault. It is made from the same parts as
// the broken ones.
func Healthy() echo.Transport { return &transport{} }

// Extended returns a transport without a fault whose Clients also implement
// echo.Batcher and echo.Pipeliner.
func Extended() echo.Transport { return extended(extendedClient{}) }

// Opaque returns a transport without a fault whose addresses are not host:port,
// as if it did not use TCP.
func Opaque() echo.Transport {
	opaque := func(addr string) string { return strings.Replace(addr, "127.0.0.1:", "opaque ", 1) }
	plain := func(addr string) string { return strings.Replace(addr, "opaque ", "127.0.0.1:", 1) }
	return &transport{
		describe: func(d *echo.Description) { d.Network = "opaque" },
		listen:   func(addr string) (echo.Server, error) { return healthy.Listen(plain(addr)) },
		server: func(next echo.Server) echo.Server {
			return &server{next: next, addr: func() string { return opaque(next.Addr()) }}
		},
		dial: func(ctx context.Context, addr string) (echo.Client, error) {
			if addr == plain(addr) {
				return nil, errors.New("broken: not an opaque address")
			}
			return healthy.Dial(ctx, plain(addr))
		},
	}
}

// ErrUnavailable is the reason in the Description of Unavailable.
var ErrUnavailable = errors.New("broken: a part is missing")

// Unavailable returns a transport that says that it cannot be used, and that
// panics if it is used anyway.
func Unavailable() echo.Transport {
	return &transport{
		describe: func(d *echo.Description) { d.Unavailable = ErrUnavailable },
		listen:   func(string) (echo.Server, error) { panic("broken: Listen of an unavailable transport") },
		dial:     func(context.Context, string) (echo.Client, error) { panic("broken: Dial of an unavailable transport") },
	}
}
