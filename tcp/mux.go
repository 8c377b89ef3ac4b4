package tcp

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"

	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
)

// pendingMax is how many bytes may wait for the writer of a multiplexed
// connection before callers wait too. One message more may be there.
const pendingMax = 256 << 10

// batchMax is how many replies are matched under one lock.
const batchMax = 256

// A mux is a Client of one multiplexed connection, for any number of callers.
// A caller encodes its request into a buffer that it shares with all others and
// waits; one goroutine writes what is in the buffer, another reads the replies.
type mux struct {
	conn    net.Conn      // closed to end everything
	wire    io.ReadWriter // conn, or TLS on it
	limit   payload.Size
	running sync.WaitGroup
	calls   sync.Pool     // of *call that nobody waits for
	broken  chan struct{} // closed once err is set and every call has it

	mu      sync.Mutex
	slots   []slot
	free    []uint32 // slots without a call
	out     []byte   // messages to be written
	pending *sync.Cond
	waiting []*call // for room in out, first come first served
	err     error   // why the connection is of no use any more
	closed  bool
}

// A call waits for its reply.
type call struct {
	number uint64
	reply  *payload.Payload
	err    error
	turn   chan struct{} // gets a value when there is room to send
	done   chan *call    // gets the call when reply or err is there
}

// newCall returns a call that will be sent to done.
func newCall(done chan *call) *call { return &call{turn: make(chan struct{}, 1), done: done} }

// A slot holds a call in flight. The number of its request is the slot's index
// and, above, how many calls the slot has had: a late reply fits no later call.
type slot struct {
	call *call
	used uint32
}

func newMux(conn net.Conn, wire io.ReadWriter, limit payload.Size) *mux {
	m := &mux{conn: conn, wire: wire, limit: limit, broken: make(chan struct{})}
	m.calls.New = func() any { return newCall(make(chan *call, 1)) }
	m.pending = sync.NewCond(&m.mu)
	m.running.Go(m.write)
	m.running.Go(m.read)
	return m
}

// Echo implements [echobench.Client].
func (m *mux) Echo(ctx context.Context, req, reply *payload.Payload) error {
	c := m.calls.Get().(*call)
	c.reply = reply
	err := m.send(ctx, c, req)
	if err == nil {
		select {
		case <-c.done:
			err = c.err
		case <-ctx.Done():
			if m.forget(c) {
				err = fmt.Errorf("tcp: %w", ctx.Err())
			} else {
				<-c.done // the reply is just being decoded
				err = c.err
			}
		}
	}
	c.reply, c.err = nil, nil
	m.calls.Put(c)
	return err
}

// send puts c in a slot and req in the writer's buffer. After an error nobody
// knows of c any more.
func (m *mux) send(ctx context.Context, c *call, req *payload.Payload) error {
	if err := check.Data("tcp", req.Data, m.limit); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.awaitRoom(ctx, c); err != nil {
		return err
	}
	var i uint32
	if n := len(m.free); n > 0 {
		i, m.free = m.free[n-1], m.free[:n-1]
	} else {
		i = uint32(len(m.slots))
		m.slots = append(m.slots, slot{})
	}
	m.slots[i].call = c
	c.number = uint64(m.slots[i].used)<<32 | uint64(i)
	m.out = appendMuxFrame(m.out, c.number, req)
	m.pending.Signal()
	m.letIn()
	return nil
}

// awaitRoom returns when it is the call's turn to write to out. mu is held,
// but not while it waits.
func (m *mux) awaitRoom(ctx context.Context, c *call) error {
	if m.err == nil && ctx.Err() == nil && (len(m.out) >= pendingMax || len(m.waiting) > 0) {
		m.waiting = append(m.waiting, c)
		m.mu.Unlock()
		select {
		case <-c.turn:
			m.mu.Lock()
		case <-ctx.Done():
			m.mu.Lock()
			if i := slices.Index(m.waiting, c); i >= 0 {
				m.waiting = slices.Delete(m.waiting, i, i+1)
			} else {
				<-c.turn
			}
			m.letIn() // the turn may have been this call's
		}
	}
	switch {
	case m.closed:
		return fmt.Errorf("tcp: %w", net.ErrClosed)
	case ctx.Err() != nil:
		return fmt.Errorf("tcp: %w", ctx.Err())
	case m.err != nil:
		return fmt.Errorf("tcp: the connection is broken: %v", m.err)
	}
	return nil
}

// letIn gives its turn to the first that waits for room, if there is room. It
// will call letIn in turn. mu is held.
func (m *mux) letIn() {
	if len(m.waiting) > 0 && len(m.out) < pendingMax {
		c := m.waiting[0]
		m.waiting = slices.Delete(m.waiting, 0, 1)
		c.turn <- struct{}{}
	}
}

// take returns the call that waits for the reply with this number, if any, and
// frees its slot. mu is held.
func (m *mux) take(number uint64) *call {
	i := uint32(number)
	if uint64(i) >= uint64(len(m.slots)) {
		return nil
	}
	s := &m.slots[i]
	c := s.call
	if c == nil || s.used != uint32(number>>32) {
		return nil
	}
	s.call = nil
	s.used++
	m.free = append(m.free, i)
	return c
}

// forget takes c out of its slot, so that its reply, should it come, is nobody's.
// It says false if c is in no slot, so that done has it or will have it.
func (m *mux) forget(c *call) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := uint32(c.number); uint64(i) >= uint64(len(m.slots)) || m.slots[i].call != c {
		return false
	}
	return m.take(c.number) == c
}

// write writes what callers have put into out, all of it in one call.
func (m *mux) write() {
	var batch []byte
	for {
		m.mu.Lock()
		for len(m.out) == 0 && m.err == nil {
			m.pending.Wait()
		}
		if m.err == nil {
			// Let those that are about to send do so first: with many callers this
			// saves most of the system calls, and with one it costs nearly nothing.
			m.mu.Unlock()
			runtime.Gosched()
			m.mu.Lock()
		}
		if m.err != nil {
			m.mu.Unlock()
			return
		}
		batch, m.out = m.out, batch[:0]
		m.letIn()
		m.mu.Unlock()
		if _, err := m.wire.Write(batch); err != nil {
			m.fail(err)
			return
		}
	}
}

// read hands the replies out, in whatever order they come. One that nobody
// waits for any more is dropped.
func (m *mux) read() {
	type arrived struct {
		number uint64
		body   []byte
		call   *call
	}
	r := newMuxReader(m.wire, m.limit)
	var batch []arrived
	for {
		number, body, err := r.next()
		if err == io.EOF {
			err = fmt.Errorf("the server closed the connection: %w", io.ErrUnexpectedEOF)
		}
		if err != nil {
			m.fail(err)
			return
		}
		batch = append(batch[:0], arrived{number, body, nil})
		for len(batch) < batchMax && r.ready() {
			if number, body, err = r.next(); err != nil {
				break // it will be so again
			}
			batch = append(batch, arrived{number, body, nil})
		}
		m.mu.Lock()
		for i := range batch {
			batch[i].call = m.take(batch[i].number)
		}
		m.mu.Unlock()
		for _, a := range batch {
			if a.call == nil {
				continue
			}
			err := decode(a.body, a.call.reply)
			if err != nil {
				err = fmt.Errorf("tcp: %w", err)
			}
			a.call.err = err
			a.call.done <- a.call
			if err != nil {
				m.fail(err)
			}
		}
	}
}

// fail ends the connection and, with the cause, every call on it.
func (m *mux) fail(cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return
	}
	m.err = cause
	m.conn.Close()
	for i := range m.slots {
		if c := m.slots[i].call; c != nil {
			m.slots[i].call = nil
			c.err = fmt.Errorf("tcp: %w", cause)
			c.done <- c
		}
	}
	for _, c := range m.waiting {
		c.turn <- struct{}{}
	}
	m.waiting = nil
	m.pending.Signal()
	close(m.broken)
}

// Close implements [echobench.Client].
func (m *mux) Close() error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.fail(net.ErrClosed)
	m.running.Wait()
	return nil
}

// cause is why the connection is of no use any more.
func (m *mux) cause() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}
