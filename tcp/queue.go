package tcp

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/echobench/echobench/payload"
)

// pendingMax is how many bytes may wait for the writer of a multiplexed
// connection before callers wait too. One message a queue more may be there.
const pendingMax = 256 << 10

// A queue is a part of a multiplexed connection's requests: those to be written
// and those in flight. What its callers do to it, they do under its lock alone.
type queue struct {
	index uint32 // among the connection's queues
	room  int    // how many bytes may be in out before callers wait

	mu      sync.Mutex
	slots   []slot
	free    []uint32 // slots without a call
	out     []byte   // messages to be written
	waiting []*call  // for room in out, first come first served
	refusal error    // what calls get from now on

	_ [64]byte // so that no other queue is in the same cache line
}

// A call waits for its reply.
type call struct {
	ctx    context.Context // ends the wait; nil if the caller sees to that
	number uint64
	reply  *payload.Payload
	err    error
	turn   chan struct{} // gets a value when there is room to send
	done   chan *call    // gets the call when reply or err is there
}

// newCall returns a call that will be sent to done.
func newCall(done chan *call) *call { return &call{turn: make(chan struct{}, 1), done: done} }

func (c *call) end(err error) {
	c.err = err
	c.done <- c
}

// A slot holds a call in flight.
type slot struct {
	call *call
	used uint32 // how many calls it has had
	seen uint32 // used, when cancel was last here
}

// A request's number names its queue and its slot, and says how many calls the
// slot has had: a late reply fits no later call.
const (
	queueBits = 8
	slotBits  = 24
)

func requestNumber(queue, slot, used uint32) uint64 {
	return uint64(used)<<(queueBits+slotBits) | uint64(slot)<<queueBits | uint64(queue)
}

func queueOf(number uint64) uint32 { return uint32(number & (1<<queueBits - 1)) }
func slotOf(number uint64) uint32  { return uint32(number >> queueBits & (1<<slotBits - 1)) }

// put takes c and appends req to what is to be written. After an error nobody
// knows of c any more. first says that there was nothing to be written before.
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
		return false, fmt.Errorf("tcp: %d requests are in flight, the connection has no room for more", i)
	}
	s := &q.slots[i]
	s.call = c
	c.number = requestNumber(q.index, i, s.used)
	first = len(q.out) == 0
	q.out = appendMuxFrame(q.out, c.number, req)
	q.letIn()
	return first, nil
}

// awaitRoom returns when it is the call's turn to write to out. mu is held,
// but not while it waits.
func (q *queue) awaitRoom(ctx context.Context, c *call) error {
	if q.refusal == nil && ctx.Err() == nil && (len(q.out) >= q.room || len(q.waiting) > 0) {
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
			q.letIn() // the turn may have been this call's
		}
	}
	if q.refusal != nil {
		return q.refusal
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("tcp: %w", err)
	}
	return nil
}

// letIn gives its turn to the first that waits for room, if there is room. It
// will call letIn in turn. mu is held.
func (q *queue) letIn() {
	if len(q.waiting) > 0 && len(q.out) < q.room {
		c := q.waiting[0]
		q.waiting = slices.Delete(q.waiting, 0, 1)
		c.turn <- struct{}{}
	}
}

// swap returns what is to be written, and has empty's storage filled next.
func (q *queue) swap(empty []byte) (out []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	out, q.out = q.out, empty[:0]
	q.letIn()
	return out
}

// take returns the call that waits for the reply with this number, if any, and
// frees its slot. mu is held.
func (q *queue) take(n uint64) *call {
	i := slotOf(n)
	if int(i) >= len(q.slots) {
		return nil
	}
	s := &q.slots[i]
	c := s.call
	if c == nil || c.number != n {
		return nil
	}
	s.call = nil
	s.used++
	q.free = append(q.free, i)
	return c
}

// forget takes c out of its slot, so that its reply, should it come, is nobody's.
func (q *queue) forget(c *call) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := slotOf(c.number); int(i) < len(q.slots) && q.slots[i].call == c {
		q.take(c.number)
	}
}

// cancel ends the calls whose contexts have ended, if they have been in flight
// since the cancel before: so it leaves quick ones to their own processors.
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

// end ends the calls in flight with err, and all others, from now on, with refusal.
func (q *queue) end(err, refusal error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refusal = refusal
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
