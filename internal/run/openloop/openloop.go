// Package openloop offers load at a given rate. Requests arrive when a schedule says
// so, whether or not earlier ones have been answered, and a request's response time
// counts from when it should have been sent. A stall of the system therefore shows in
// the latency of every request that arrived meanwhile, which a closed loop never
// sends (coordinated omission).
//
// Several workers share a [Load]. The free ones queue: one of them waits until the
// next arrival is due, lets the next one wait in its place, and sends. If all workers
// are busy, the first that becomes free takes the overdue arrival at once. The number
// of workers is thus the maximum number of requests in flight.
package openloop

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/stats/steady"
)

// A Config says what a Load offers.
type Config struct {
	Rate     float64 // arrivals a second, more than 0
	Arrivals Arrivals
	Seed     uint64 // of the schedule
	Count    int    // arrivals that are recorded, at least 1
	LeadIn   int    // arrivals at the same rate before them, which are not recorded
	Workers  int    // that share the load
	BaseID   uint64 // the first request has the id after this one
	Refusals bool   // count the requests that the server refuses, instead of failing
	Legs     bool   // record the request and the reply separately, too

	// Trace, if not nil, gets the response times in the order of the arrivals.
	Trace *steady.Trace
}

// A Load is a number of arrivals, which several workers share.
type Load struct {
	Config
	clock Clock
	base  int64         // Unix time in nanoseconds when the clock read 0
	began chan struct{} // closed when the first recorded arrival is taken

	inFlight atomic.Int64 // requests that have not been answered

	// A worker holds the lock for a few steps when it has finished a call and wants
	// the next arrival, but never while it waits or sends.
	mu       sync.Mutex
	schedule schedule
	taken    int   // arrivals
	due      int64 // when the next arrival is due
	opens    int64 // when the arrival before the first recorded one was due, or when the schedule began
	closes   int64 // when the last arrival that was taken was due
	waiting  bool  // a worker waits until the next arrival is due
	waking   bool  // a worker has been woken to do so
	ended    bool  // no worker takes another arrival
	free     queue // further workers that are free
	records  records
}

// An arrival is a request that is due.
type arrival struct {
	index int   // from 0, including the lead-in
	due   int64 // reading of the clock
	free  int64 // when the worker that took it became free
}

// New returns a Load whose schedule begins now.
func New(c Config, clock Clock) *Load {
	now := clock.Now()
	if c.Trace != nil {
		c.Trace.Begin(c.Count)
	}
	l := &Load{
		Config: c, clock: clock, base: time.Now().UnixNano() - now,
		began: make(chan struct{}), schedule: newSchedule(c.Rate, c.Arrivals, c.Seed),
		opens: now, free: newQueue(c.Workers), records: newRecords(c.Legs),
	}
	l.due = now + l.schedule.gap()
	return l
}

// Began returns a channel that is closed when the first recorded arrival is taken.
func (l *Load) Began() <-chan struct{} { return l.began }

// Progress returns how many arrivals have been taken, and how many of their requests
// have not been answered.
func (l *Load) Progress() (taken, inFlight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken, int(l.inFlight.Load())
}

// take records the last call of the worker and returns its next arrival when that is
// due. ok is false if there is none, or if the worker's context has ended.
func (l *Load) take(w *Worker) (a arrival, ok bool) {
	now := w.last.done
	a.free = now
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finish(&w.last)
	for {
		switch {
		case l.ended || l.taken == l.LeadIn+l.Count:
			l.ended = true
			l.wake() // which wakes the next one in turn
			return a, false
		case l.waiting:
			l.queue(w)
			now = l.clock.Now()
		case l.due > now:
			now = l.wait(w.ctx)
		default:
			l.advance(&a)
			l.wake()
			return a, true
		}
	}
}

// queue parks the worker until another one wakes it. The caller holds the lock, which
// queue releases meanwhile.
func (l *Load) queue(w *Worker) {
	l.free.push(w)
	l.mu.Unlock()
	<-w.wake
	l.mu.Lock()
	l.waking = false
}

// wait waits until the next arrival is due, or for a while if that takes long. It
// returns the reading of the clock. The caller holds the lock, which wait releases
// meanwhile.
func (l *Load) wait(ctx context.Context) (now int64) {
	l.waiting = true
	due := l.due
	l.mu.Unlock()
	now = l.clock.Wait(due, &l.inFlight)
	ended := ctx.Err() != nil
	l.mu.Lock()
	l.waiting = false
	l.ended = l.ended || ended
	return now
}

// wake wakes the next free worker, which then waits in the caller's place, unless one
// has been woken already.
// The caller holds the lock.
func (l *Load) wake() {
	if !l.waking && !l.free.empty() {
		l.waking = true
		l.free.pop().wake <- struct{}{}
	}
}

// advance takes the next arrival. The caller holds the lock.
func (l *Load) advance(a *arrival) {
	a.index, a.due = l.taken, l.due
	switch l.taken {
	case l.LeadIn - 1:
		l.opens = l.due
	case l.LeadIn:
		close(l.began)
	}
	l.closes = l.due
	l.taken++
	l.due += l.schedule.gap()
	l.inFlight.Add(1)
}

// finish records a call, if there was one. The caller holds the lock.
func (l *Load) finish(c *call) {
	if !c.made {
		return
	}
	c.made = false
	l.inFlight.Add(-1)
	if c.index >= l.LeadIn {
		l.record(c, c.index-l.LeadIn)
	}
}

// wall converts a reading of the clock to Unix time in nanoseconds.
func (l *Load) wall(reading int64) int64 { return l.base + reading }

// A queue has the free workers that do not wait for an arrival themselves, in the
// order in which they became free.
type queue struct {
	ring         []*Worker
	first, count int
}

// newQueue returns a queue that holds the given number of workers.
func newQueue(workers int) queue { return queue{ring: make([]*Worker, workers)} }

func (q *queue) empty() bool { return q.count == 0 }

func (q *queue) push(w *Worker) {
	q.ring[(q.first+q.count)%len(q.ring)] = w
	q.count++
}

func (q *queue) pop() *Worker {
	w := q.ring[q.first]
	q.first = (q.first + 1) % len(q.ring)
	q.count--
	return w
}
