package grpcecho

import (
	"context"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
)

// A gate counts the requests in progress at a server, and refuses a request while
// their number is at its limit. Its methods may be called by several goroutines at
// once.
type gate struct {
	limit      int64
	inProgress atomic.Int64
}

// enter counts one more request, or returns the status with which to refuse it.
func (g *gate) enter() error {
	for {
		n := g.inProgress.Load()
		if n >= g.limit {
			return status.Errorf(codes.ResourceExhausted, "grpcecho: %d %s", n, tooMany)
		}
		if g.inProgress.CompareAndSwap(n, n+1) {
			return nil
		}
	}
}

// leave undoes one enter.
func (g *gate) leave() { g.inProgress.Add(-1) }

// options returns the options with which a server sends its unary calls through the
// gate.
func (g *gate) options() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.InTapHandle(g.tap), grpc.ChainUnaryInterceptor(g.intercept)}
}

// ticketKey is the key of a call's ticket in its context. The ticket is a func() bool
// that reports whether the call has yet to leave the gate, and that may be called
// once.
type ticketKey struct{}

// tap lets a unary call enter. grpc calls it when it has read the headers of a call,
// before the call has a goroutine. The messages of a stream enter one by one.
func (g *gate) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	if info.FullMethodName != echopb.Echo_Echo_FullMethodName {
		return ctx, nil
	}
	if err := g.enter(); err != nil {
		return nil, err
	}
	// A call that ends before it reaches the interceptor leaves when grpc cancels its
	// context.
	ticket := context.AfterFunc(ctx, g.leave)
	return context.WithValue(ctx, ticketKey{}, ticket), nil
}

// intercept makes a unary call leave before its answer is sent. A client that has
// received an answer can therefore send its next request without being refused
// because of the previous one.
func (g *gate) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	reply, err := handler(ctx, req)
	if ticket, ok := ctx.Value(ticketKey{}).(func() bool); ok && ticket() {
		g.leave()
	}
	return reply, err
}

// tooMany is a part of the message of the status with which a gate refuses a
// request.
const tooMany = "requests are in progress, as many as the server accepts"

// isRefused reports whether grpc's error means that a server's gate refused the
// request.
func isRefused(err error) bool {
	s := status.Convert(err)
	return s.Code() == codes.ResourceExhausted && strings.Contains(s.Message(), tooMany)
}
