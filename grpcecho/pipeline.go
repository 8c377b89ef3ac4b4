package grpcecho

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
)

// A pipeline is one stream of a streamClient.
type pipeline struct {
	client *streamClient
	stream grpc.ClientStream
	ctx    context.Context // the caller's
	cancel func()          // resets the stream
	closed atomic.Bool
}

// Pipeline implements [echo.Pipeliner]. The pipeline is a stream of its own
// and the replies come in the order of the requests. After an error it is of no
// more use, ErrTooLarge from Send aside.
func (c *streamClient) Pipeline(ctx context.Context, depth int) (echo.Pipeline, error) {
	if depth < 1 {
		return nil, fmt.Errorf("grpcecho: depth %d: want 1 or more", depth)
	}
	if c.closed.Load() {
		return nil, fmt.Errorf("grpcecho: %w", net.ErrClosed)
	}
	own, cancel := context.WithCancel(ctx)
	stream, err := echopb.NewEchoClient(c.conn).EchoStream(own, grpc.StaticMethod())
	if err != nil {
		cancel()
		return nil, c.failed(ctx, err)
	}
	return &pipeline{client: c, stream: stream, ctx: ctx, cancel: cancel}, nil
}

func (p *pipeline) Send(req *payload.Payload) error {
	if err := p.client.check(req); err != nil {
		return err
	}
	if p.ctx.Err() != nil || p.closed.Load() {
		return p.failed(io.EOF) // grpc itself would notice a little later
	}
	if err := p.stream.SendMsg(req); err != nil {
		return p.failed(err)
	}
	return nil
}

func (p *pipeline) Receive(reply *payload.Payload) error {
	if err := p.stream.RecvMsg(reply); err != nil {
		return p.failed(err)
	}
	return nil
}

// failed is what Send and Receive return for grpc's error.
func (p *pipeline) failed(err error) error {
	switch {
	case p.closed.Load():
		return fmt.Errorf("grpcecho: %w", net.ErrClosed)
	case err == io.EOF:
		// To Send this is all that grpc says; Receive gets the status.
		err = fmt.Errorf("the stream has ended: %w", io.ErrUnexpectedEOF)
	}
	return p.client.failed(p.ctx, err)
}

func (p *pipeline) Close() error {
	p.closed.Store(true)
	p.cancel()
	return nil
}
