package grpcecho

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A streamClient makes its calls over streams. A stream carries one call at a
// time, and waits for the next one when it is done.
type streamClient struct {
	*client
	mu   sync.Mutex
	idle []*echoStream // the last one was used last
}

func (c *streamClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := c.check(req); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("grpcecho: %w", ctx.Err())
	}
	s, err := c.take(ctx)
	if err != nil {
		return c.failed(ctx, err)
	}
	err = s.SendMsg(req)
	if err == nil || err == io.EOF { // EOF: RecvMsg knows why the stream has ended
		err = s.RecvMsg(reply)
	}
	if err == io.EOF {
		err = fmt.Errorf("the server closed the stream: %w", io.ErrUnexpectedEOF)
	}
	if err != nil {
		s.close()
		if status.Code(err) == codes.Unavailable {
			c.drop() // the connection is lost, and all its streams with it
		}
		return c.failed(ctx, err)
	}
	c.put(s)
	return nil
}

// take returns a stream that is reset when ctx ends: an idle one or another.
func (c *streamClient) take(ctx context.Context) (*echoStream, error) {
	for {
		c.mu.Lock()
		n := len(c.idle) - 1
		if n < 0 {
			c.mu.Unlock()
			return c.open(ctx)
		}
		// The last one was most likely this caller's, and watches ctx already.
		s := c.idle[n]
		c.idle[n] = nil
		c.idle = c.idle[:n]
		c.mu.Unlock()
		if s.watch(ctx) {
			return s, nil
		}
		s.close()
	}
}

func (c *streamClient) put(s *echoStream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		s.close()
		return
	}
	c.idle = append(c.idle, s)
}

// open opens a stream that is reset when ctx ends.
func (c *streamClient) open(ctx context.Context) (*echoStream, error) {
	own, cancel := context.WithCancel(context.Background())
	s := &echoStream{cancel: cancel}
	s.watch(ctx)
	var err error
	if s.ClientStream, err = echopb.NewEchoClient(c.conn).EchoStream(own, grpc.StaticMethod()); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (c *streamClient) Close() error {
	err := c.client.Close() // no stream becomes idle from now on
	c.drop()
	return err
}

// drop closes the idle streams.
func (c *streamClient) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.idle {
		s.close()
	}
	c.idle = nil
}

// An echoStream is a call of EchoStream.
type echoStream struct {
	grpc.ClientStream
	cancel func()          // resets it
	done   <-chan struct{} // of the context watched; nil if that never ends
	stop   func() bool     // stops watching; nil if nothing is watched
}

// watch has ctx, and no context before it, reset the stream when it ends. It
// says whether the stream is still usable. Callers mostly come with the same
// context again, and watching another costs many times what decoding a message does.
func (s *echoStream) watch(ctx context.Context) (usable bool) {
	if s.done == ctx.Done() {
		return true // or, should ctx have ended, the caller will notice
	}
	if !s.unwatch() {
		return false
	}
	if s.done = ctx.Done(); s.done != nil {
		s.stop = context.AfterFunc(ctx, s.cancel)
	}
	return true
}

// unwatch says whether the context watched has left the stream alone.
func (s *echoStream) unwatch() bool {
	stop := s.stop
	s.stop, s.done = nil, nil
	return stop == nil || stop()
}

// close resets the stream and lets go of what it holds.
func (s *echoStream) close() {
	s.unwatch()
	s.cancel()
}
