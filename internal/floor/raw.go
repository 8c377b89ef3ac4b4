package floor

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/stream"
)

// Raw sends bytes over TCP and nothing else: no framing beyond the size, no
// serialization. It is the floor under every protocol that uses TCP.
type Raw struct{}

// Name returns "floor".
func (Raw) Name() string { return "floor" }

// Describe implements [echo.Describer].
func (Raw) Describe(workers int) echo.Description {
	return echo.Description{Clients: workers, Files: 2*workers + 1, MaxSize: check.DefaultMaxSize,
		Settings: "raw bytes over TCP, one connection a worker, NODELAY on, no serialization"}
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
