//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
)

// A mux is a Client over one DEALER socket, on which many callers have requests in
// flight at the same time. One goroutine, which runs own, is the only one that
// uses the socket. Callers queue their requests for it and wait on channels.
type mux struct {
	dialer
	wake    chan struct{} // tells the owner to look for work; of capacity 1
	event   atomic.Bool   // something may have happened to the connection
	calls   sync.Pool     // of *call; no two of them share a channel
	running sync.WaitGroup

	mu    sync.Mutex
	queue []*call // requests for the owner to send
	over  bool    // the owner has stopped, and no more requests may be queued

	once   sync.Once
	ended  chan struct{} // closed when the owner must stop
	cause  error         // why; may be read once ended is closed
	closed atomic.Bool

	owned
}

var _ echo.Pipeliner = (*mux)(nil)

// A call is one request and its answer.
type call struct {
	request   []byte
	done      chan *call  // receives the call once answer or err is set; never blocks
	abandoned atomic.Bool // nobody waits for the answer any more

	answer []byte
	err    error

	// The owner alone uses these fields.
	number  uint64
	waited  int // seconds since the request was sent
	patient int // seconds after which it is sent again
}

func newMux(ctx context.Context, d dialer) (echo.Client, error) {
	m := &mux{dialer: d, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	m.calls.New = func() any { return &call{done: make(chan *call, 1)} }
	m.flight = map[uint64]*call{}
	var err error
	if m.conn, err = m.dialer.connect(ctx, zmq4.DEALER, ctx.Err); err != nil {
		return nil, err
	}
	messages, err := newDescriptor(m.conn.socket)
	if err != nil {
		m.conn.close()
		return nil, err
	}
	events, err := newDescriptor(m.conn.events)
	if err != nil {
		messages.close()
		m.conn.close()
		return nil, err
	}
	m.running.Go(func() { m.run(messages, events) })
	return m, nil
}

// Echo implements [echo.Client].
func (m *mux) Echo(ctx context.Context, req, reply *payload.Payload) error {
	if err := check.Data("zmqecho", req.Data, m.limit); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("zmqecho: %w", err)
	}
	c := m.calls.Get().(*call)
	if err := m.start(c, req); err != nil {
		return err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		c.abandoned.Store(true)
		return fmt.Errorf("zmqecho: %w", ctx.Err())
	}
	err := m.finish(c, reply)
	m.calls.Put(c)
	return err
}

// start queues a call that sends req.
func (m *mux) start(c *call, req *payload.Payload) error {
	c.request = payload.Append(c.request[:0], req)
	m.mu.Lock()
	if m.over {
		m.mu.Unlock()
		return m.endedError()
	}
	m.queue = append(m.queue, c)
	first := len(m.queue) == 1
	m.mu.Unlock()
	if first {
		m.wakeOwner()
	}
	return nil
}

// finish stores the answer to a call in reply.
func (m *mux) finish(c *call, reply *payload.Payload) error {
	answer, err := c.answer, c.err
	c.answer, c.err = nil, nil
	if err != nil {
		return err
	}
	return decode(answer, reply, m.limit)
}

// wakeOwner makes the owner look for work.
func (m *mux) wakeOwner() {
	select {
	case m.wake <- struct{}{}:
	default: // the owner has been told already
	}
}

// end makes the owner stop. All calls, in flight and later, return cause.
func (m *mux) end(cause error) {
	m.once.Do(func() {
		m.cause = cause
		close(m.ended)
	})
}

// endedError returns the error of every call once ended is closed.
func (m *mux) endedError() error {
	if m.closed.Load() {
		return fmt.Errorf("zmqecho: %w", net.ErrClosed)
	}
	return fmt.Errorf("zmqecho: %w", m.cause)
}

// Close implements [echo.Client].
func (m *mux) Close() error {
	if m.closed.Swap(true) {
		return nil
	}
	m.end(net.ErrClosed)
	m.running.Wait()
	return m.hangUp()
}
