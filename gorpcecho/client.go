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
	"github.com/echobench/echobench/internal/protocol/conns"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A client is a gorpc client that works until its Close or until it loses its
// first connection.
type client struct {
	rpc     *gorpc.Client
	calls   *stream.Calls
	conns   conns.Set // the connections below TLS, because tls.Conn.Close may wait for the peer
	limit   payload.Size
	buffers sync.Pool // of *[]byte

	alive context.Context // ends at Close and when a connection is lost
	end   context.CancelCauseFunc
}

var errLost = errors.New("connection lost")

// newClient connects before it starts gorpc, because gorpc does not report that
// it cannot connect. When gorpc asks for one more connection, it has lost one.
func (t *Transport) newClient(ctx context.Context, addr string, limit payload.Size) (echo.Client, error) {
	c := &client{
		calls:   stream.NewCalls("gorpcecho", limit),
		limit:   limit,
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
	c.alive, c.end = context.WithCancelCause(context.Background())
	ready := make(chan net.Conn, t.connsPerClient())
	for range cap(ready) {
		conn, err := t.connect(ctx, addr, &c.conns)
		if err != nil {
			c.conns.Close()
			return nil, err
		}
		ready <- conn
	}
	c.rpc = &gorpc.Client{
		Addr:               addr,
		Conns:              cap(ready),
		PendingRequests:    t.pendingRequests(),
		FlushDelay:         t.FlushDelay,
		DisableCompression: !t.Compress,
		LogError:           gorpc.NilErrorLogger,
		Dial: func(string) (io.ReadWriteCloser, error) {
			select {
			case conn := <-ready:
				return conn, nil
			default:
				c.end(errLost)
				return nil, errLost
			}
		},
	}
	c.rpc.Start()
	return c, nil
}

// Echo implements [echo.Client].
func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	call, err := c.send(ctx, req)
	if err != nil {
		return err
	}
	return c.receive(ctx, call, reply)
}

// A call is a request in flight. buf is its encoded request, which gorpc may still
// use after the call was cancelled. So the buffer is reused only if the call is
// done.
type call struct {
	*gorpc.AsyncResult
	buf *[]byte
}

// send queues a request.
func (c *client) send(ctx context.Context, req *payload.Payload) (call, error) {
	if err := cmp.Or(c.calls.Check(req), c.ended(ctx)); err != nil {
		return call{}, err
	}
	buf := c.buffers.Get().(*[]byte)
	*buf = payload.Append((*buf)[:0], req)
	// gob encodes what buf points to. Converting a pointer to an interface does not
	// allocate; converting the slice would.
	result, err := c.rpc.CallAsync(buf)
	if err != nil {
		return call{}, c.calls.Error(ctx, err)
	}
	return call{result, buf}, nil
}

// receive waits for the reply to a call and decodes it. It cancels the call if ctx ends
// first.
func (c *client) receive(ctx context.Context, call call, reply *payload.Payload) error {
	select {
	case <-call.Done:
		err := c.decode(call, reply)
		c.buffers.Put(call.buf)
		return c.calls.Error(ctx, err)
	case <-ctx.Done():
		call.Cancel()
	case <-c.alive.Done(): // gorpc does not end calls that it has not begun to send
	}
	return c.ended(ctx)
}

// decode decodes what a call that is done has received into reply.
func (c *client) decode(call call, reply *payload.Payload) error {
	if call.Error != nil {
		return call.Error
	}
	switch response := call.Response.(type) {
	case []byte:
		if err := payload.Unmarshal(response, reply); err != nil {
			return fmt.Errorf("reply of %d bytes is not a Payload: %w", len(response), err)
		}
		if len(reply.Data) > int(c.limit) {
			return fmt.Errorf("reply with %d bytes of data, limit %v: %w", len(reply.Data), c.limit, echo.ErrTooLarge)
		}
		return nil
	case string:
		if response == tooLarge {
			return fmt.Errorf("%s: %w", response, echo.ErrTooLarge)
		}
		return fmt.Errorf("the server rejected the request: %s", response)
	default: // gorpc's Stop ends calls without a reply and without an error
		return cmp.Or(context.Cause(c.alive), fmt.Errorf("reply of type %T: want []byte", response))
	}
}

// ended returns nil, or the error of a call whose context or whose client has
// ended.
func (c *client) ended(ctx context.Context) error {
	if ctx.Err() == nil && c.alive.Err() == nil {
		return nil
	}
	return c.calls.Error(ctx, cmp.Or(ctx.Err(), context.Cause(c.alive)))
}

// Close implements [echo.Client].
func (c *client) Close() error {
	return c.calls.Close(func() error {
		c.end(net.ErrClosed)
		c.conns.Close() // gorpc does not close a connection that it gets during Stop
		c.rpc.Stop()
		return nil
	})
}
