package grpcecho

import (
	"context"
	"fmt"
	"io"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/payload"
)

// A streamClient makes its calls over streams of one ClientConn. A stream carries
// one call at a time and is idle between calls.
type streamClient struct {
	*client
	mu   sync.Mutex
	idle []*echoStream // the most recently used one is last
}

// Echo implements [echo.Client].
func (c *streamClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := c.calls.Check(req); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return c.callError(ctx, ctx.Err())
	}
	s, err := c.take(ctx)
	if err != nil {
		return c.callError(ctx, err)
	}
	if err := s.roundTrip(req, reply); err != nil {
		s.close()
		if status.Code(err) == codes.Unavailable {
			c.closeIdle() // the connection is lost, and with it all of its streams
		}
		return c.callError(ctx, err)
	}
	c.put(s)
	return nil
}

// take returns a stream that is reset when ctx ends: an idle one, or a new one if
// none is idle.
func (c *streamClient) take(ctx context.Context) (*echoStream, error) {
	for {
		s := c.popIdle()
		if s == nil {
			return c.open(ctx)
		}
		if s.watch(ctx) {
			return s, nil
		}
		s.close()
	}
}

// popIdle removes the most recently used idle stream and returns it, or nil if no
// stream is idle. The same caller most likely used it last, so that it already
// watches the caller's context.
func (c *streamClient) popIdle() *echoStream {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.idle) - 1
	if last < 0 {
		return nil
	}
	s := c.idle[last]
	c.idle[last] = nil
	c.idle = c.idle[:last]
	return s
}

// put makes s idle, or closes it after Close.
func (c *streamClient) put(s *echoStream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls.Closed() {
		s.close()
		return
	}
	c.idle = append(c.idle, s)
}

// open opens a stream that is reset when ctx ends.
func (c *streamClient) open(ctx context.Context) (*echoStream, error) {
	streamCtx, cancel := context.WithCancel(context.Background())
	s := &echoStream{cancel: cancel}
	s.watch(ctx)
	var err error
	if s.ClientStream, err = echopb.NewEchoClient(c.conn).EchoStream(streamCtx, grpc.StaticMethod()); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// Close implements [echo.Client].
func (c *streamClient) Close() error {
	err := c.client.Close() // from now on, put keeps no stream
	c.closeIdle()
	return err
}

// closeIdle closes the idle streams.
func (c *streamClient) closeIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.idle {
		s.close()
	}
	c.idle = nil
}

// An echoStream is one call of EchoStream. While it is not idle, one call of Echo
// uses it alone.
type echoStream struct {
	grpc.ClientStream
	cancel func()          // resets the stream
	done   <-chan struct{} // Done of the context that is watched; nil if that never ends
	stop   func() bool     // stops watching; nil if no context is watched
}

// roundTrip sends req and receives reply.
func (s *echoStream) roundTrip(req, reply *payload.Payload) error {
	// After io.EOF from SendMsg, RecvMsg returns the reason why the stream has ended.
	if err := s.SendMsg(req); err != nil && err != io.EOF {
		return err
	}
	err := s.RecvMsg(reply)
	if err == io.EOF {
		err = fmt.Errorf("the server closed the stream: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// watch resets the stream when ctx ends, and stops watching an earlier context. It
// reports whether the stream is still usable. It does nothing if ctx is watched
// already, which is the usual case: watching another context costs many times as
// much as decoding a message.
func (s *echoStream) watch(ctx context.Context) (usable bool) {
	if s.done == ctx.Done() {
		return true // if ctx has ended, the call will fail
	}
	if !s.unwatch() {
		return false
	}
	if s.done = ctx.Done(); s.done != nil {
		s.stop = context.AfterFunc(ctx, s.cancel)
	}
	return true
}

// unwatch stops watching. It reports whether the stream is still usable, that is,
// whether the watched context has not reset it.
func (s *echoStream) unwatch() (usable bool) {
	stop := s.stop
	s.stop, s.done = nil, nil
	return stop == nil || stop()
}

// close resets the stream and releases its resources.
func (s *echoStream) close() {
	s.unwatch()
	s.cancel()
}
