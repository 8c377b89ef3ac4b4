package stream

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// Calls helps a Client over an RPC library, or over a multiplexed connection, to keep
// those rules of echo.Client that most libraries do not keep: it rejects requests that
// are too large or that come after Close, ends the calls in flight at Close and waits
// for them, and returns the errors that the contract names. Its methods may be called by
// several goroutines at once.
type Calls struct {
	// TooLarge, if not nil, reports whether an error of the library means that a
	// message exceeded a limit of the server. The error that callers get then
	// matches echo.ErrTooLarge. Set it before the first call.
	TooLarge func(error) bool

	pkg     string
	limit   payload.Size
	closing context.Context // ends at Close
	cancel  context.CancelFunc
	closed  atomic.Bool

	mu      sync.Mutex // orders running.Add before running.Wait
	running sync.WaitGroup
}

// NewCalls returns the Calls of one Client, which sends up to limit bytes of data
// in a request. pkg is the prefix of every error message.
func NewCalls(pkg string, limit payload.Size) *Calls {
	c := &Calls{pkg: pkg, limit: limit}
	c.closing, c.cancel = context.WithCancel(context.Background())
	return c
}

// Do makes one call. It checks req and ctx, calls the function with a context
// that ends when ctx ends or when Close is called, and maps the function's error
// as [Calls.Error] does. The function must return soon after its context ended.
func (c *Calls) Do(ctx context.Context, req *payload.Payload, call func(ctx context.Context) error) error {
	if err := c.Check(req); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return c.Error(ctx, ctx.Err())
	}
	if !c.begin() {
		return c.errClosed()
	}
	defer c.running.Done()
	merged, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.closing, cancel)()
	return c.Error(ctx, call(merged))
}

// DoBlocking is Do for a library whose calls take no context. It runs the call in
// another goroutine, with copies of req and reply, and returns when the call has
// returned or when ctx or the Client has ended. Close waits for the goroutine;
// closing the connection must therefore end the library's calls.
func (c *Calls) DoBlocking(ctx context.Context, req, reply *payload.Payload, call func(req, reply *payload.Payload) error) error {
	return c.Do(ctx, req, func(ctx context.Context) error {
		sent := &payload.Payload{Id: req.Id, Data: bytes.Clone(req.Data), Timestamp: req.Timestamp}
		answer := new(payload.Payload)
		done := make(chan error, 1)
		c.running.Go(func() { done <- call(sent, answer) })
		select {
		case err := <-done:
			if err == nil {
				reply.Id, reply.Data, reply.Timestamp = answer.Id, answer.Data, answer.Timestamp
			}
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// begin counts one more running call, unless Close has been called.
func (c *Calls) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return false
	}
	c.running.Add(1)
	return true
}

// Check returns an error if req has more data than the limit, or after Close. A
// Client whose library ends its calls at Close by itself needs only Check, Error
// and Close, and saves the cost of Do.
func (c *Calls) Check(req *payload.Payload) error {
	if err := check.Data(c.pkg, req.Data, c.limit); err != nil {
		return err
	}
	if c.closed.Load() {
		return c.errClosed()
	}
	return nil
}

// Error returns the error that a caller gets for err, an error of the library, or
// nil if err is nil. It matches ctx's error if ctx has ended, net.ErrClosed if
// Close has been called, echo.ErrTooLarge if TooLarge says so, and err otherwise.
func (c *Calls) Error(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", c.pkg, ctx.Err())
	case c.closed.Load():
		return c.errClosed()
	case c.TooLarge != nil && c.TooLarge(err):
		return fmt.Errorf("%s: %w: %w", c.pkg, err, echo.ErrTooLarge)
	}
	return fmt.Errorf("%s: %w", c.pkg, err)
}

func (c *Calls) errClosed() error { return fmt.Errorf("%s: %w", c.pkg, net.ErrClosed) }

// Closed reports whether Close has been called.
func (c *Calls) Closed() bool { return c.closed.Load() }

// Close ends the contexts of the calls in flight, calls release, which closes the
// connection, and waits for the calls. A second Close does nothing and returns
// nil.
func (c *Calls) Close(release func() error) error {
	c.mu.Lock()
	second := c.closed.Swap(true)
	c.mu.Unlock()
	if second {
		return nil
	}
	c.cancel()
	err := release()
	c.running.Wait()
	if err != nil {
		return fmt.Errorf("%s: %w", c.pkg, err)
	}
	return nil
}
