//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
)

// window is how many requests a DEALER socket has in flight; further requests wait.
const window = 512

// batch is how many answers the owner receives before it looks for requests.
const batch = 64

// delimiter ends the envelope of a message.
var delimiter = []byte{}

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

	// The owner alone uses these fields.
	conn    *conn
	backlog []*call          // taken from the queue and not sent yet
	flight  map[uint64]*call // requests that have been sent, by their numbers
	number  uint64           // the number of the latest request
}

var _ echo.Pipeliner = (*mux)(nil)

// A call is one request and its answer.
type call struct {
	request   []byte
	done      chan *call  // receives the call once answer or err is set; never blocks
	abandoned atomic.Bool // nobody waits for the answer any more

	answer []byte
	err    error
}

func newMux(ctx context.Context, d dialer) (echo.Client, error) {
	m := &mux{dialer: d, wake: make(chan struct{}, 1), ended: make(chan struct{}), flight: map[uint64]*call{}}
	m.calls.New = func() any { return &call{done: make(chan *call, 1)} }
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

// run is the owner's goroutine. It returns when the mux has ended and everything
// is closed. The descriptors are those of the DEALER socket and of its monitor.
func (m *mux) run(messages, events *descriptor) {
	var notifiers sync.WaitGroup
	notifiers.Go(func() { messages.notify(m.wakeOwner) })
	notifiers.Go(func() {
		events.notify(func() {
			m.event.Store(true)
			m.wakeOwner()
		})
	})
	m.own()
	messages.close()
	events.close()
	notifiers.Wait()
	m.conn.close()
}

// own sends and receives until the mux ends.
func (m *mux) own() {
	for {
		select {
		case <-m.wake:
		case <-m.ended:
		}
		for worked := true; worked; {
			select {
			case <-m.ended:
				m.stop()
				return
			default:
			}
			sent, errSend := m.send()
			received, errReceive := m.receive()
			if err := errors.Join(errSend, errReceive); err != nil {
				m.end(err)
			} else if m.event.Swap(false) && m.conn.lost() {
				m.end(errLost)
			}
			worked = sent+received > 0
		}
	}
}

// send sends as many queued requests as the window permits.
func (m *mux) send() (n int, err error) {
	m.mu.Lock()
	m.backlog = append(m.backlog, m.queue...)
	clear(m.queue)
	m.queue = m.queue[:0]
	m.mu.Unlock()
	for n < len(m.backlog) && len(m.flight) < window {
		c := m.backlog[n]
		if !c.abandoned.Load() {
			m.number++
			if err = m.ask(m.number, c.request); err != nil {
				break
			}
			m.flight[m.number] = c
		}
		n++
	}
	rest := copy(m.backlog, m.backlog[n:])
	clear(m.backlog[rest:])
	m.backlog = m.backlog[:rest]
	if again(err) {
		err = nil // the owner is woken once there is room
	}
	return n, err
}

// ask sends a request. libzmq accepts all parts of a message or none.
func (m *mux) ask(number uint64, request []byte) error {
	s := m.conn.socket
	if _, err := s.SendBytes(binary.BigEndian.AppendUint64(nil, number), zmq4.DONTWAIT|zmq4.SNDMORE); err != nil {
		return err
	}
	if _, err := s.SendBytes(delimiter, zmq4.DONTWAIT|zmq4.SNDMORE); err != nil {
		return err
	}
	_, err := s.SendBytes(request, zmq4.DONTWAIT)
	return err
}

// receive passes up to a batch of answers to their callers.
func (m *mux) receive() (n int, err error) {
	for ; n < batch; n++ {
		parts, err := m.conn.socket.RecvMessageBytes(zmq4.DONTWAIT)
		if again(err) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if len(parts) != 3 || len(parts[0]) != 8 || len(parts[1]) != 0 {
			return n, fmt.Errorf("the server sent a message of %d parts that is not an answer", len(parts))
		}
		number := binary.BigEndian.Uint64(parts[0])
		if c := m.flight[number]; c != nil {
			delete(m.flight, number)
			c.answer = parts[2]
			c.done <- c
		}
	}
	return n, nil
}

// stop ends all calls, in flight and queued.
func (m *mux) stop() {
	m.mu.Lock()
	m.over = true
	calls := append(m.backlog, m.queue...)
	m.queue = nil
	m.mu.Unlock()
	for _, c := range m.flight {
		calls = append(calls, c)
	}
	for _, c := range calls {
		c.err = m.endedError()
		c.done <- c
	}
}
