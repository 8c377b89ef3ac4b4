package grpcecho

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"

	"google.golang.org/grpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/payload"
)

// A pipeline is one stream of a streamClient, used by one worker.
type pipeline struct {
	client *streamClient
	stream grpc.ClientStream
	ctx    context.Context // the worker's
	cancel func()          // resets the stream
	closed atomic.Bool
}

// Pipeline implements [echo.Pipeliner]. The replies arrive in the order of the
// requests. After any error except echo.ErrTooLarge from Send, the pipeline can no
// longer be used.
func (c *streamClient) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 {
		return nil, fmt.Errorf("grpcecho: depth %d: want 1 or more", depth)
	}
	if c.calls.Closed() {
		return nil, fmt.Errorf("grpcecho: %w", net.ErrClosed)
	}
	streamCtx, cancel := context.WithCancel(ctx)
	stream, err := echopb.NewEchoClient(c.conn).EchoStream(streamCtx, grpc.StaticMethod())
	if err != nil {
		cancel()
		return nil, c.callError(ctx, err)
	}
	return &pipeline{client: c, stream: stream, ctx: ctx, cancel: cancel}, nil
}

// Send implements [echo.Pipeline].
func (p *pipeline) Send(req *payload.Payload) error {
	if err := p.client.calls.Check(req); err != nil {
		return err
	}
	if p.ctx.Err() != nil || p.closed.Load() {
		return p.callError(io.EOF) // grpc would notice a little later
	}
	if err := p.stream.SendMsg(req); err != nil {
		return p.callError(err)
	}
	return nil
}

// Receive implements [echo.Pipeline].
func (p *pipeline) Receive(reply *payload.Payload) error {
	if err := p.stream.RecvMsg(reply); err != nil {
		return p.callError(err)
	}
	return nil
}

// callError returns the error that the worker gets for grpc's error.
func (p *pipeline) callError(err error) error {
	switch {
	case p.closed.Load():
		return fmt.Errorf("grpcecho: %w", net.ErrClosed)
	case err == io.EOF:
		// SendMsg returns only io.EOF; RecvMsg returns the status.
		err = fmt.Errorf("the stream has ended: %w", io.ErrUnexpectedEOF)
	}
	return p.client.callError(p.ctx, err)
}

// Close implements [echo.Pipeline].
func (p *pipeline) Close() error {
	p.closed.Store(true)
	p.cancel()
	return nil
}
