package grpcecho

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/protocol/conns"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A client makes unary calls over one ClientConn.
type client struct {
	conn   *grpc.ClientConn
	dialed conns.Set // the connections of conn
	calls  *stream.Calls
}

// newClient returns a client for the server at addr. The first call connects it.
func (t *Transport) newClient(addr string, limit payload.Size) (*client, error) {
	c := &client{calls: stream.NewCalls("grpcecho", limit)}
	c.calls.TooLarge = isTooLarge
	options := append([]grpc.DialOption{grpc.WithContextDialer(c.dial)}, t.dialOptions(limit)...)
	var err error
	if c.conn, err = grpc.NewClient("passthrough:///"+addr, options...); err != nil {
		return nil, fmt.Errorf("grpcecho: %w", err)
	}
	return c, nil
}

// dial connects to the server for grpc. Like grpc's own dialer, it leaves TCP's
// keepalive probes to the operating system.
func (c *client) dial(ctx context.Context, addr string) (net.Conn, error) {
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: -1}}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if tracked := c.dialed.Track(conn); tracked != nil {
		return tracked, nil
	}
	return nil, net.ErrClosed
}

// Echo implements [echo.Client]. It makes its call without [stream.Calls.Do], which
// would allocate: the Close of a ClientConn ends the calls in flight by itself.
func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := c.calls.Check(req); err != nil {
		return err
	}
	// The generated Echo method would allocate a new reply for each call.
	if err := c.conn.Invoke(ctx, echopb.Echo_Echo_FullMethodName, req, reply, grpc.StaticMethod()); err != nil {
		return c.callError(ctx, err)
	}
	return nil
}

// callError returns the error that a caller gets for grpc's error.
func (c *client) callError(ctx context.Context, err error) error {
	switch {
	case status.Code(err) == codes.DeadlineExceeded:
		// The server knows the deadline too, and may be the first to notice that it
		// has passed.
		err = fmt.Errorf("%w: %w", err, context.DeadlineExceeded)
	case isExhausted(err, tooMany):
		err = fmt.Errorf("%w: %w", err, echo.ErrRefused)
	}
	return c.calls.Error(ctx, err)
}

// Parts of the messages of RESOURCE_EXHAUSTED statuses, whose code alone does not say
// which limit was exceeded. The messages of grpc itself also contain tooLarge.
const (
	tooLarge = "larger than max"
	tooMany  = "requests are in progress, as many as the server accepts"
)

// isExhausted reports whether err is a RESOURCE_EXHAUSTED status with the given part.
func isExhausted(err error, part string) bool {
	s := status.Convert(err)
	return s.Code() == codes.ResourceExhausted && strings.Contains(s.Message(), part)
}

// isTooLarge reports whether grpc's error means that a message exceeded a limit.
func isTooLarge(err error) bool { return isExhausted(err, tooLarge) }

// closeTimeout is how long Close waits for grpc to tell the server that the connection
// ends. grpc itself would wait 5 s for a server that does not read.
const closeTimeout = 200 * time.Millisecond

// Close implements [echo.Client].
func (c *client) Close() error {
	return c.calls.Close(func() error {
		timer := time.AfterFunc(closeTimeout, func() { c.dialed.Close() })
		defer timer.Stop()
		return c.conn.Close()
	})
}
