package gorpcecho

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/internal/conns"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A client is a gorpc client that works until its Close or until it loses its
// first connection.
type client struct {
	rpc      *gorpc.Client
	calls    *stream.Calls
	conns    conns.Set // gorpc does not close a connection that it gets during Stop
	compress bool
	limit    payload.Size
	buffers  sync.Pool // of *[]byte
	places   *places

	mu        sync.Mutex     // orders abandoned.Add before abandoned.Wait
	abandoned sync.WaitGroup // of the goroutines that wait for cancelled calls
	ended     chan struct{}  // closed at Close and when a connection is lost
	cause     error          // why ended was closed; read it only after that
}

// newClient connects before it starts gorpc, because gorpc does not report that
// it cannot connect.
func (t *Transport) newClient(ctx context.Context, addr string, limit payload.Size) (echo.Client, error) {
	c := &client{
		calls:    stream.NewCalls("gorpcecho", limit),
		compress: t.Compress,
		limit:    limit,
		buffers:  sync.Pool{New: func() any { return new([]byte) }},
		places:   newPlaces(t.pendingRequests()),
		ended:    make(chan struct{}),
	}
	n := t.connsPerClient()
	ready := make(chan *clientConn, n)
	for range n {
		s, err := t.connect(ctx, addr, &c.conns)
		if err != nil {
			c.conns.Close()
			return nil, err
		}
		ready <- newClientConn(s, t.Compress, limit, c.places.free, c.lost)
	}
	c.rpc = t.newRPC(addr, ready)
	c.rpc.Start()
	return c, nil
}

// newRPC returns gorpc's client for the connections in ready.
func (t *Transport) newRPC(addr string, ready <-chan *clientConn) *gorpc.Client {
	return &gorpc.Client{
		Addr:               addr,
		Conns:              t.connsPerClient(),
		PendingRequests:    t.pendingRequests(),
		FlushDelay:         t.flushDelay(),
		DisableCompression: true, // conn compresses
		SendBufferSize:     buffer,
		RecvBufferSize:     buffer,
		LogError:           discardLog,
		Dial: func(string) (io.ReadWriteCloser, error) {
			select {
			case conn := <-ready:
				return conn, nil
			default:
				return nil, errors.New("a lost connection is not replaced")
			}
		},
	}
}

// Echo implements [echo.Client].
func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	call, err := c.send(ctx, req)
	if err != nil {
		return err
	}
	if err := c.wait(ctx, call); err != nil {
		return err
	}
	return c.finish(ctx, call, reply)
}

// A call is a request in flight. buf is its encoded request, which gorpc may still
// use after the call was cancelled. So the buffer is reused only if the call is
// done.
type call struct {
	*gorpc.AsyncResult
	buf *[]byte
}

// send queues a request. It waits while no place is free.
func (c *client) send(ctx context.Context, req *payload.Payload) (call, error) {
	if err := c.calls.Check(req); err != nil {
		return call{}, err
	}
	if err := c.endedError(ctx); err != nil {
		return call{}, err
	}
	if err := ctx.Err(); err != nil {
		return call{}, c.calls.Error(ctx, err)
	}
	if !c.places.take(ctx, c.ended) {
		return call{}, cmp.Or(c.endedError(ctx), c.calls.Error(ctx, ctx.Err()))
	}
	buf := c.buffers.Get().(*[]byte)
	*buf = payload.Append((*buf)[:0], req)
	// gob encodes what buf points to. Converting a pointer to an interface does not
	// allocate; converting the slice would.
	result, err := c.rpc.CallAsync(buf)
	if err != nil {
		c.places.free(1)
		return call{}, c.calls.Error(ctx, err)
	}
	return call{result, buf}, nil
}

// wait returns nil when the call is done. If ctx or the client ends first, it
// cancels the call and returns an error.
func (c *client) wait(ctx context.Context, call call) error {
	select {
	case <-call.Done:
		return nil
	case <-ctx.Done():
		c.abandon(call)
		return c.calls.Error(ctx, ctx.Err())
	case <-c.ended: // gorpc does not end calls that it has not begun to send
		return c.endedError(ctx)
	}
}

// finish stores the answer to a call that is done in reply.
func (c *client) finish(ctx context.Context, call call, reply *payload.Payload) error {
	response, err := call.Response, call.Error
	c.buffers.Put(call.buf)
	switch response := response.(type) {
	case []byte:
		if err := payload.Unmarshal(response, reply); err != nil {
			return fmt.Errorf("gorpcecho: answer of %d bytes is not a Payload: %w", len(response), err)
		}
		return check.Data("gorpcecho", reply.Data, c.limit)
	case string:
		if response == tooLarge {
			return fmt.Errorf("gorpcecho: %s: %w", response, echo.ErrTooLarge)
		}
		return fmt.Errorf("gorpcecho: the server refused the request: %s", response)
	}
	// When a connection is lost, gorpc ends its calls with an error. When gorpc is
	// stopped, it ends them without one.
	if err := c.endedError(ctx); err != nil {
		return err
	}
	if err == nil {
		err = errors.New("the server sent an answer without a value")
	}
	return c.calls.Error(ctx, err)
}

// lost ends the client because of an error on one of its connections.
func (c *client) lost(err error) {
	if err == io.EOF || err == io.ErrUnexpectedEOF { // TLS returns the latter
		err = fmt.Errorf("the server closed it, as it does after a message over its limit or when it has waited too long for a request: %w", io.ErrUnexpectedEOF)
	}
	if c.compress {
		err = fmt.Errorf("(the server needs the option Compress, too) %w", err)
	}
	c.end(fmt.Errorf("connection lost: %w", err))
}

// end ends the client. Only the first cause counts.
func (c *client) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.ended:
	default:
		c.cause = cause
		close(c.ended)
	}
}

// endedError returns nil, or the error of every call once the client has ended.
func (c *client) endedError(ctx context.Context) error {
	select {
	case <-c.ended:
		return c.calls.Error(ctx, c.cause)
	default:
		return nil
	}
}

// Close implements [echo.Client].
func (c *client) Close() error {
	return c.calls.Close(func() error {
		c.end(net.ErrClosed)
		c.rpc.Stop()
		c.conns.Close()
		c.abandoned.Wait()
		return nil
	})
}
