package grpcecho

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// tooLarge is in the message of every RESOURCE_EXHAUSTED that is about a size,
// grpc's own included; the code alone may also mean a quota or a flood.
const tooLarge = "larger than max"

// A client is one ClientConn.
type client struct {
	conn   *grpc.ClientConn
	limit  payload.Size
	closed atomic.Bool
}

// newClient makes a client without connecting it. More options override its own.
func newClient(addr string, limit payload.Size, more ...grpc.DialOption) (*client, error) {
	conn, err := grpc.NewClient("passthrough:///"+addr, append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0),
		grpc.WithMaxHeaderListSize(maxHeader),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(int(limit)+payload.Overhead),
			grpc.MaxCallSendMsgSize(int(limit)+payload.Overhead),
		),
	}, more...)...)
	if err != nil {
		return nil, fmt.Errorf("grpcecho: %w", err)
	}
	return &client{conn: conn, limit: limit}, nil
}

func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := c.check(req); err != nil {
		return err
	}
	// The generated Echo would make a reply of its own.
	if err := c.conn.Invoke(ctx, echopb.Echo_Echo_FullMethodName, req, reply, grpc.StaticMethod()); err != nil {
		return c.failed(ctx, err)
	}
	return nil
}

// check is what every request must pass before it is sent.
func (c *client) check(req *payload.Payload) error {
	if err := check.Data("grpcecho", req.Data, c.limit); err != nil {
		return err
	}
	if c.closed.Load() {
		return fmt.Errorf("grpcecho: %w", net.ErrClosed)
	}
	return nil
}

// failed is what a call returns for grpc's error.
func (c *client) failed(ctx context.Context, err error) error {
	s := status.Convert(err)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("grpcecho: %w", ctx.Err())
	case c.closed.Load():
		return fmt.Errorf("grpcecho: %w", net.ErrClosed)
	case s.Code() == codes.DeadlineExceeded:
		// The server is told of the deadline and may be the first to notice.
		return fmt.Errorf("grpcecho: %w: %w", err, context.DeadlineExceeded)
	case s.Code() == codes.ResourceExhausted && strings.Contains(s.Message(), tooLarge):
		return fmt.Errorf("grpcecho: %w: %w", err, echo.ErrTooLarge)
	}
	return fmt.Errorf("grpcecho: %w", err)
}

func (c *client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	return c.conn.Close()
}
