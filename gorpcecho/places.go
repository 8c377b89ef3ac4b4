package gorpcecho

import (
	"context"
	"sync/atomic"
)

// places limits what a client has in gorpc's hands. A call takes a place until its
// answer arrives, and a cancelled call takes more, since gorpc keeps its request. A
// call waits while no place is free. There are no more places than gorpc's queue of
// requests has, which therefore never overflows.
type places struct {
	limit   int64
	taken   atomic.Int64  // may exceed the limit
	waiting atomic.Int64  // calls that wait for a place
	freed   chan struct{} // has an element if a waiting call should try again
}

func newPlaces(limit int) *places {
	return &places{limit: int64(limit), freed: make(chan struct{}, 1)}
}

// take takes a place. It returns false if ctx or ended ends first.
func (p *places) take(ctx context.Context, ended <-chan struct{}) bool {
	if p.try() {
		return true
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for !p.try() {
		select {
		case <-p.freed:
		case <-ctx.Done():
			return false
		case <-ended:
			return false
		}
	}
	p.wake() // another one, if there are more places
	return true
}

// try takes a place if one is free.
func (p *places) try() bool {
	if p.taken.Add(1) <= p.limit {
		return true
	}
	p.free(1)
	return false
}

// hold takes n further places, even if there are not so many.
func (p *places) hold(n int) { p.taken.Add(int64(n)) }

// free frees n places.
func (p *places) free(n int) {
	if p.taken.Add(int64(-n)) < p.limit {
		p.wake()
	}
}

// wake lets a waiting call try again.
func (p *places) wake() {
	if p.waiting.Load() == 0 {
		return
	}
	select {
	case p.freed <- struct{}{}:
	default:
	}
}
