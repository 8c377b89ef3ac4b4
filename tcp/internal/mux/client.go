// Package mux multiplexes the echoes of package tcp: a connection carries many requests
// at the same time. A message is a frame of package stream with a request number of 8
// bytes, in big-endian order, between the length and the Payload. The client chooses the
// number and the reply repeats it, so replies may arrive in any order.
package mux

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// maxQueues is the largest number of queues of a connection. With more, each would
// hold little when the writer empties it.
const maxQueues = 8

// CancelEvery is how often a connection looks for calls whose contexts have ended.
// The second look ends them. If instead each call waited for its context in a
// select, every small echo would take considerably longer.
const CancelEvery = 10 * time.Millisecond

// A Client is one connection for any number of concurrent callers. A caller encodes its
// request into a queue, which it shares with others, and waits. One goroutine writes the
// contents of the queues, and another reads the replies.
type Client struct {
	conn    net.Conn      // closed to end everything
	wire    io.ReadWriter // conn, or TLS over it
	limit   payload.Size
	running sync.WaitGroup
	calls   sync.Pool // of *call, for Echo

	queues []queue
	near   sync.Pool     // of *queue; see send
	wake   chan struct{} // gets a value when a queue is no longer empty

	mu     sync.Mutex
	err    error         // why the connection is broken; nil while it works
	broken chan struct{} // closed once err is set and all calls in flight have ended
}

// NewClient returns a Client that owns conn and sends up to limit bytes of data in a
// request. It reads from and writes to wire, which is conn or TLS over it.
func NewClient(conn net.Conn, wire io.ReadWriter, limit payload.Size) *Client {
	m := &Client{conn: conn, wire: wire, limit: limit, wake: make(chan struct{}, 1), broken: make(chan struct{})}
	m.queues = make([]queue, min(runtime.GOMAXPROCS(0), maxQueues))
	for i := range m.queues {
		m.queues[i].index = uint32(i)
		m.queues[i].room = maxPending / len(m.queues)
	}
	m.calls.New = func() any { return newCall(make(chan *call, 1)) }
	var next atomic.Uint32
	m.near.New = func() any { return &m.queues[int(next.Add(1))%len(m.queues)] }
	m.running.Go(m.write)
	m.running.Go(m.read)
	m.running.Go(m.cancel)
	return m
}

// Echo implements [echo.Client].
func (m *Client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	c := m.calls.Get().(*call)
	c.ctx, c.reply = ctx, reply
	err := m.send(ctx, c, req)
	if err == nil {
		<-c.done
		err = c.err
	}
	c.ctx, c.reply, c.err = nil, nil, nil
	m.calls.Put(c)
	return err
}

// send puts the call and its request into a queue. If it returns an error, the
// connection does not use the call any more.
//
// A sync.Pool keeps values apart for each processor. Callers on one processor
// therefore get the queue that the last caller there used, and whose memory is in
// that processor's cache.
func (m *Client) send(ctx context.Context, c *call, req *payload.Payload) error {
	if err := check.Data("tcp", req.Data, m.limit); err != nil {
		return err
	}
	q := m.near.Get().(*queue)
	first, err := q.put(ctx, c, req)
	m.near.Put(q)
	if first {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
	return err
}

// forget removes the call, so that a late reply to it is discarded.
func (m *Client) forget(c *call) { m.queues[queueOf(c.number)].forget(c) }

// write writes the requests in the queues, those of each queue with one call.
func (m *Client) write() {
	batches := make([][]byte, len(m.queues))
	for {
		select {
		case <-m.wake:
		case <-m.broken:
			return
		}
		// Callers that are about to send do so first. With many callers this saves
		// most of the system calls, and with one it costs almost nothing.
		runtime.Gosched()
		for i := range m.queues {
			batches[i] = m.queues[i].swap(batches[i])
		}
		for _, batch := range batches {
			if len(batch) == 0 {
				continue
			}
			if _, err := m.wire.Write(batch); err != nil {
				m.fail(err)
				return
			}
		}
	}
}

// cancel ends the calls whose contexts have ended.
func (m *Client) cancel() {
	tick := time.NewTicker(CancelEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for i := range m.queues {
				m.queues[i].cancel()
			}
		case <-m.broken:
			return
		}
	}
}

// fail ends the connection because of an error. Later calls return an error that
// contains the cause but does not match it: echo.ErrTooLarge, for example, would mean
// that the later request itself was too large.
func (m *Client) fail(cause error) {
	m.end(cause, fmt.Errorf("tcp: the connection is broken: %v", cause))
}

// end closes the connection. The calls in flight return the cause, and later calls
// return closed. Only the first call of end has an effect.
func (m *Client) end(cause, closed error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return
	}
	m.err = cause
	m.conn.Close()
	for i := range m.queues {
		m.queues[i].end(fmt.Errorf("tcp: %w", cause), closed)
	}
	close(m.broken)
}

// Close implements [echo.Client].
func (m *Client) Close() error {
	closed := fmt.Errorf("tcp: %w", net.ErrClosed)
	m.end(net.ErrClosed, closed)
	for i := range m.queues { // the connection may have been broken before
		m.queues[i].end(closed, closed)
	}
	m.running.Wait()
	return nil
}

// cause returns why the connection is broken, or nil while it works.
func (m *Client) cause() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}
