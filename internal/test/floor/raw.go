package floor

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/stream"
)

// Raw sends bytes over TCP, with no framing beyond a length and no serialization.
// A protocol over TCP cannot cost less.
type Raw struct{}

// Name returns "floor".
func (Raw) Name() string { return "floor" }

// Describe implements [echo.Describer].
func (Raw) Describe(workers int) echo.Description {
	return echo.Description{
		Clients:  workers,
		Files:    2*workers + 1,
		MaxSize:  maxSize,
		Settings: "raw bytes over TCP, one connection for each worker, NODELAY on, no serialization",
	}
}

// Listen implements [echo.Transport].
func (Raw) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("floor", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, answer), nil
}

// Dial implements [echo.Transport].
func (Raw) Dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "floor", addr)
	if err != nil {
		return nil, err
	}
	return newClient("floor", conn), nil
}
