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
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/pebbe/zmq4"
)

// A mux is a Client that many callers share: one DEALER, with many requests in
// flight. A goroutine of its own, own, has the socket to itself; callers hand it
// requests, and wait on channels.
type mux struct {
	dialer
	conn    *conn
	wake    chan struct{} // there may be something for own to do; of capacity 1
	event   atomic.Bool   // something may have happened to the connection
	calls   sync.Pool     // of *call, each with a channel to itself
	running sync.WaitGroup

	mu    sync.Mutex
	queue []*call // what own is to send
	over  bool    // and nobody sends it any more

	once   sync.Once
	ended  chan struct{}
	cause  error // of the end; read it after ended
	closed atomic.Bool

	// The rest is own's.
	backlog []*call          // taken from queue, not sent yet
	flight  map[uint64]*call // sent, by number
	number  uint64           // the last one's
}

// A call is a request on its way.
type call struct {
	request   []byte
	done      chan *call  // gets the call when answer or err is there; it has room
	abandoned atomic.Bool // nobody waits any more

	answer []byte
	err    error

	// These are own's.
	number    uint64
	waited    int // ticks since the request was sent
	asksAgain int // after so many
}

// A batch is how many answers own takes at once before it looks for requests.
const batch = 64

// delimiter ends the envelope.
var delimiter = []byte{}

func newMux(ctx context.Context, d dialer) (*mux, error) {
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
	var notifiers sync.WaitGroup
	notifiers.Go(func() { messages.notify(m.wakeOwner) })
	notifiers.Go(func() {
		events.notify(func() {
			m.event.Store(true)
			m.wakeOwner()
		})
	})
	m.running.Go(func() {
		m.own()
		messages.close()
		events.close()
		notifiers.Wait()
		m.conn.close()
	})
	return m, nil
}

func (m *mux) wakeOwner() {
	select {
	case m.wake <- struct{}{}:
	default: // it will look anyway
	}
}

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

// start hands own a call that sends req.
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

// finish fills reply with a call's answer.
func (m *mux) finish(c *call, reply *payload.Payload) error {
	answer, err := c.answer, c.err
	c.answer, c.err = nil, nil
	if err != nil {
		return err
	}
	return decode(answer, reply, m.limit)
}

// own sends and receives until the end.
func (m *mux) own() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-m.wake:
		case <-tick.C:
			m.tick()
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

// send sends what callers have queued, as far as the window allows.
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
			c.number, c.waited, c.asksAgain = m.number, 0, int(patience/time.Second)
			if err = m.ask(c); err != nil {
				break
			}
			m.flight[c.number] = c
		}
		n++
	}
	rest := copy(m.backlog, m.backlog[n:])
	clear(m.backlog[rest:])
	m.backlog = m.backlog[:rest]
	if again(err) {
		err = nil // later: own is woken when there is room
	}
	return n, err
}

// ask sends a call's request. libzmq takes all parts of a message or none.
func (m *mux) ask(c *call) error {
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], c.number)
	s := m.conn.socket
	if _, err := s.SendBytes(number[:], zmq4.DONTWAIT|zmq4.SNDMORE); err != nil {
		return err
	}
	if _, err := s.SendBytes(delimiter, zmq4.DONTWAIT|zmq4.SNDMORE); err != nil {
		return err
	}
	_, err := s.SendBytes(c.request, zmq4.DONTWAIT)
	return err
}

// receive hands up to a batch of answers to their callers.
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
			return n, fmt.Errorf("the server sent a message of %d parts that is no answer", len(parts))
		}
		number := binary.BigEndian.Uint64(parts[0])
		c := m.flight[number]
		if c == nil {
			continue // the caller did not wait, or it is the second answer
		}
		delete(m.flight, number)
		c.answer = parts[2]
		c.done <- c
	}
	return n, nil
}

// tick is called once a second. It sends requests again whose answer must be
// lost, see the package comment.
func (m *mux) tick() {
	for number, c := range m.flight {
		if c.abandoned.Load() {
			delete(m.flight, number)
			continue
		}
		if c.waited++; c.waited >= c.asksAgain && m.ask(c) == nil {
			c.waited, c.asksAgain = 0, 2*c.asksAgain
		}
	}
}

// stop ends all calls.
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

func (m *mux) end(cause error) {
	m.once.Do(func() {
		m.cause = cause
		close(m.ended)
	})
}

// endedError is the error of every call once ended is closed.
func (m *mux) endedError() error {
	if m.closed.Load() {
		return fmt.Errorf("zmqecho: %w", net.ErrClosed)
	}
	return fmt.Errorf("zmqecho: %w", m.cause)
}

func (m *mux) Close() error {
	if m.closed.Swap(true) {
		return nil
	}
	m.end(net.ErrClosed)
	m.running.Wait()
	return m.hangUp()
}

var _ echo.Pipeliner = (*mux)(nil)
