package tcp

import "fmt"

// A slot holds a call in flight.
type slot struct {
	call *call
	used uint32 // how many calls the slot had before
	seen uint32 // what used was when cancel last looked
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
