package mux

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/echobench/echobench/payload"
)

// A call is a request and the wait for its reply.
type call struct {
	ctx    context.Context // ends the call; nil if the caller watches its context itself
	number uint64
	reply  *payload.Payload
	err    error
	turn   chan struct{} // gets a value when it is the call's turn to write into the queue
	done   chan *call    // gets the call when reply or err is set
}

// newCall returns a call that is sent to done when it ends.
func newCall(done chan *call) *call { return &call{turn: make(chan struct{}, 1), done: done} }

// end ends the call. If err is nil, the reply has been set.
func (c *call) end(err error) {
	c.err = err
	c.done <- c
}

// A request's number consists of the index of its queue, the index of its slot in that
// queue, and the number of calls that the slot had before. A late reply therefore does
// not have the number of a later call in the same slot.
const (
	queueBits = 8
	slotBits  = 24
)

func requestNumber(queue, slot, used uint32) uint64 {
	return uint64(used)<<(queueBits+slotBits) | uint64(slot)<<queueBits | uint64(queue)
}

func queueOf(number uint64) uint32 { return uint32(number & (1<<queueBits - 1)) }
func slotOf(number uint64) uint32  { return uint32(number >> queueBits & (1<<slotBits - 1)) }

// maxPending is how many bytes may wait for the writer of a connection before callers
// wait. Each queue may exceed its share by one message.
const maxPending = 256 << 10

// A queue holds a part of the requests of a connection: those that have not been
// written yet and those in flight. Each call uses one queue, so callers that use
// different queues do not wait for each other's locks.
type queue struct {
	index uint32 // among the connection's queues
	room  int    // how many bytes may be in out before callers wait

	mu      sync.Mutex
	slots   []slot
	free    []uint32 // indices of slots without a call
	out     []byte   // messages to be written
	waiting []*call  // for room in out, in the order in which they came
	closed  error    // if not nil, the error of every further call

	_ [64]byte // keeps the next queue out of this one's cache line
}

// A slot holds a call in flight.
type slot struct {
	call *call
	used uint32 // how many calls the slot had before
	seen uint32 // what used was when cancel last looked
}

// put gives the call a slot and appends its request to the messages to be written.
// If it returns an error, the queue does not use the call any more. first reports
// whether there was nothing to be written before.
func (q *queue) put(ctx context.Context, c *call, req *payload.Payload) (first bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.awaitRoom(ctx, c); err != nil {
		return false, err
	}
	var i uint32
	if n := len(q.free); n > 0 {
		i, q.free = q.free[n-1], q.free[:n-1]
	} else if i = uint32(len(q.slots)); i < 1<<slotBits {
		q.slots = append(q.slots, slot{})
	} else {
		return false, fmt.Errorf("tcp: the connection has no room for more than %d requests in flight", i)
	}
	s := &q.slots[i]
	s.call = c
	c.number = requestNumber(q.index, i, s.used)
	first = len(q.out) == 0
	q.out = appendFrame(q.out, c.number, req)
	q.admit()
	return first, nil
}

// awaitRoom waits until it is the call's turn to write into out. The queue must be
// locked; awaitRoom unlocks it while it waits.
func (q *queue) awaitRoom(ctx context.Context, c *call) error {
	if q.closed == nil && ctx.Err() == nil && (len(q.out) >= q.room || len(q.waiting) > 0) {
		q.waiting = append(q.waiting, c)
		q.mu.Unlock()
		select {
		case <-c.turn:
			q.mu.Lock()
		case <-ctx.Done():
			q.mu.Lock()
			if i := slices.Index(q.waiting, c); i >= 0 {
				q.waiting = slices.Delete(q.waiting, i, i+1)
			} else {
				<-c.turn
			}
			q.admit() // the turn may have been this call's
		}
	}
	if q.closed != nil {
		return q.closed
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("tcp: %w", err)
	}
	return nil
}

// admit gives the turn to the first call that waits for room, if there is room. That
// call then calls admit itself. The queue must be locked.
func (q *queue) admit() {
	if len(q.waiting) > 0 && len(q.out) < q.room {
		c := q.waiting[0]
		q.waiting = slices.Delete(q.waiting, 0, 1)
		c.turn <- struct{}{}
	}
}

// swap returns the messages to be written. The queue fills the storage of empty
// next.
func (q *queue) swap(empty []byte) (out []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	out, q.out = q.out, empty[:0]
	q.admit()
	return out
}

// end ends the calls in flight with err, and every waiting and later call with closed.
func (q *queue) end(err, closed error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = closed
	for i := range q.slots {
		if c := q.slots[i].call; c != nil {
			q.slots[i].call = nil
			c.end(err)
		}
	}
	for _, c := range q.waiting {
		c.turn <- struct{}{}
	}
	q.waiting = nil
}

// match sets the call of each reply and frees the call's slot. All replies must
// have numbers of this queue.
func (q *queue) match(replies []arrival) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range replies {
		replies[i].call = q.take(replies[i].number)
	}
}

// take returns the call with the given number and frees its slot. It returns nil if
// there is no such call. The queue must be locked.
func (q *queue) take(number uint64) *call {
	i := slotOf(number)
	if int(i) >= len(q.slots) {
		return nil
	}
	s := &q.slots[i]
	c := s.call
	if c == nil || c.number != number {
		return nil
	}
	s.call = nil
	s.used++
	q.free = append(q.free, i)
	return c
}

// forget removes the call if it is in flight, so that a late reply to it is
// discarded.
func (q *queue) forget(c *call) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slotOf(c.number); int(i) < len(q.slots) && q.slots[i].call == c {
		q.take(c.number)
	}
}

// cancel ends the calls whose contexts have ended and that were in flight already
// when cancel looked before. It does not touch the calls that end quickly, so these
// stay in the caches of their callers' processors.
func (q *queue) cancel() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.slots {
		s := &q.slots[i]
		if c := s.call; c != nil && s.seen == s.used && c.ctx != nil && c.ctx.Err() != nil {
			q.take(c.number).end(fmt.Errorf("tcp: %w", c.ctx.Err()))
		}
		s.seen = s.used
	}
}
