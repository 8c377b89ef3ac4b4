//go:build cgo && !nozmq

package zmqecho

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pebbe/zmq4"
)

// owned is the part of a mux that only the owner's goroutine uses.
type owned struct {
	conn    *conn
	backlog []*call          // taken from the queue and not sent yet
	flight  map[uint64]*call // requests that have been sent, by their numbers
	bytes   int              // the sum of their lengths
	number  uint64           // the number of the latest request
}

// batch is how many answers the owner receives before it looks for requests.
const batch = 64

// delimiter ends the envelope of a message.
var delimiter = []byte{}

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

// hasRoom reports whether the window permits to send the request of a call.
func (m *mux) hasRoom(c *call) bool {
	return len(m.flight) == 0 || len(m.flight) < window && m.bytes+len(c.request) <= m.inFlight
}

// forget makes a call be no longer in flight.
func (m *mux) forget(c *call) {
	delete(m.flight, c.number)
	m.bytes -= len(c.request)
}

// send sends as many queued requests as the window permits.
func (m *mux) send() (n int, err error) {
	m.mu.Lock()
	m.backlog = append(m.backlog, m.queue...)
	clear(m.queue)
	m.queue = m.queue[:0]
	m.mu.Unlock()
	for n < len(m.backlog) && m.hasRoom(m.backlog[n]) {
		c := m.backlog[n]
		if !c.abandoned.Load() {
			m.number++
			c.number, c.waited, c.patient = m.number, 0, int(patience/time.Second)
			if err = m.ask(c); err != nil {
				break
			}
			m.flight[c.number] = c
			m.bytes += len(c.request)
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

// ask sends the request of a call. libzmq accepts all parts of a message or none.
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
		c := m.flight[binary.BigEndian.Uint64(parts[0])]
		if c == nil {
			continue // the caller gave up, or this is the second answer to the request
		}
		m.forget(c)
		c.answer = parts[2]
		c.done <- c
	}
	return n, nil
}

// tick is called once a second. When the answer to a request must have been lost, as
// the package comment explains, it sends the request again, or forgets an abandoned
// call.
func (m *mux) tick() {
	for _, c := range m.flight {
		if c.waited++; c.waited < c.patient {
			continue
		}
		if c.abandoned.Load() {
			m.forget(c)
		} else if m.ask(c) == nil {
			c.waited, c.patient = 0, 2*c.patient
		}
	}
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
