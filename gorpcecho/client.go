package gorpcecho

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/valyala/gorpc"
)

// A client is a gorpc client for as long as its first connections last.
type client struct {
	rpc     *gorpc.Client
	conns   connSet
	limit   payload.Size
	buffers sync.Pool // of *[]byte

	ended  chan struct{} // closed by the first end
	cause  error         // of the end; read it after ended
	once   sync.Once
	closed atomic.Bool
}

// dial makes the connections before it starts gorpc, which reports no failure
// to dial.
func (t *Transport) dial(ctx context.Context, addr string, conns int, limit payload.Size) (echo.Client, error) {
	c := &client{limit: limit, ended: make(chan struct{}), buffers: sync.Pool{New: func() any { return new([]byte) }}}
	ready := make(chan *conn, conns)
	for i := range conns {
		conn, err := t.connect(ctx, addr, &c.conns)
		if err != nil {
			c.conns.close()
			return nil, fmt.Errorf("gorpcecho: connection %d of %d: %w", i+1, conns, err)
		}
		ready <- newClientConn(conn, t.Compress, limit, c.lost)
	}
	c.rpc = &gorpc.Client{
		Addr:               addr,
		Conns:              conns,
		PendingRequests:    pending,
		FlushDelay:         t.flushDelay(),
		DisableCompression: true, // conn does it
		SendBufferSize:     buffer,
		RecvBufferSize:     buffer,
		LogError:           silent,
		Dial: func(string) (io.ReadWriteCloser, error) {
			select {
			case conn := <-ready:
				return conn, nil
			default:
				return nil, errors.New("a lost connection is not made again")
			}
		},
	}
	c.rpc.Start()
	return c, nil
}

func (c *client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	call, err := c.send(ctx, req)
	if err != nil {
		return err
	}
	if err := c.wait(ctx, call); err != nil {
		return err
	}
	return c.finish(call, reply)
}

// A call is a request on its way, and the buffer that gorpc was given: not the
// request itself, because gorpc may hold on to it after the call was cancelled. The
// buffer is used again only if gorpc is done with it.
type call struct {
	*gorpc.AsyncResult
	buf *[]byte
}

// send queues a request.
func (c *client) send(ctx context.Context, req *payload.Payload) (call, error) {
	if err := check.Data("gorpcecho", req.Data, c.limit); err != nil {
		return call{}, err
	}
	select {
	case <-c.ended:
		return call{}, c.endedError()
	default:
	}
	if err := ctx.Err(); err != nil {
		return call{}, fmt.Errorf("gorpcecho: %w", err)
	}
	buf := c.buffers.Get().(*[]byte)
	*buf = payload.Append((*buf)[:0], req)
	// gob sends what a pointer points to, and a pointer needs no memory to become
	// an interface.
	result, err := c.rpc.CallAsync(buf)
	if err != nil {
		return call{}, fmt.Errorf("gorpcecho: %w", err)
	}
	return call{result, buf}, nil
}

// wait returns when the call has an answer, or never will; then it is cancelled.
func (c *client) wait(ctx context.Context, call call) error {
	select {
	case <-call.Done:
		return nil
	case <-ctx.Done():
		call.Cancel()
		return fmt.Errorf("gorpcecho: %w", ctx.Err())
	case <-c.ended: // gorpc leaves calls behind that it has not begun to send
		call.Cancel()
		return c.endedError()
	}
}

// finish fills reply with the answer of a call that is done.
func (c *client) finish(call call, reply *payload.Payload) error {
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
	// gorpc ends a call without an answer with an error or, if stopped, without.
	select {
	case <-c.ended:
		return c.endedError()
	default:
	}
	if err == nil {
		err = errors.New("the server sent an answer without a value")
	}
	return fmt.Errorf("gorpcecho: %w", err)
}

// lost ends the client because of a connection's error.
func (c *client) lost(err error) {
	if err == io.EOF || err == io.ErrUnexpectedEOF { // the latter from TLS
		err = fmt.Errorf("the server closed it, as it does after a message over its limit: %w", io.ErrUnexpectedEOF)
	}
	c.end(fmt.Errorf("connection lost: %w", err))
}

func (c *client) end(cause error) {
	c.once.Do(func() {
		c.cause = cause
		close(c.ended)
	})
}

// endedError is the error of every call once ended is closed.
func (c *client) endedError() error {
	if c.closed.Load() {
		return fmt.Errorf("gorpcecho: %w", net.ErrClosed)
	}
	return fmt.Errorf("gorpcecho: %w", c.cause)
}

func (c *client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.end(net.ErrClosed)
	c.rpc.Stop()
	c.conns.close()
	return nil
}
