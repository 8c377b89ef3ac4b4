package tcp

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/echobench/echobench/payload"
)

// pendingMax is how many bytes may wait for the writer of a multiplexed connection
// before callers wait. Each queue may exceed its share by one message.
const pendingMax = 256 << 10

// A queue holds a part of the requests of a multiplexed connection: those that have
// not been written yet and those in flight. Each call uses one queue, so callers that
// use different queues do not wait for each other's locks.
type queue struct {
	index uint32 // among the connection's queues
	room  int    // how many bytes may be in out before callers wait

	mu      sync.Mutex
	slots   []slot
	free    []uint32 // indices of slots without a call
	out     []byte   // messages to be written
	waiting []*call  // for room in out, in the order in which they came
	refusal error    // if not nil, what every further call returns

	_ [64]byte // keeps the next queue out of this one's cache line
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
	q.out = appendMuxFrame(q.out, c.number, req)
	q.admit()
	return first, nil
}

// awaitRoom waits until it is the call's turn to write into out. The queue must be
// locked; awaitRoom unlocks it while it waits.
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
			q.admit() // the turn may have been this call's
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

// end ends the calls in flight with err, and every waiting and later call with
// refusal.
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
