// Package inprogress counts the requests in progress at a server that refuses
// requests above a certain number.
//
// An echo takes no time of its own. In an overloaded server, requests therefore wait
// before anybody has read them: in sockets, and for goroutines that wait in the
// scheduler's queues. A server that answered each request as soon as it
// has read it would have no more of them in progress than there are processors. With
// [Limit.Yield] it reads all requests that have arrived, and counts those that wait
// for it.
package inprogress

import (
	"runtime"
	"sync/atomic"
)

// A Limit counts requests up to a maximum. Its methods may be called by
// several goroutines at once. A nil Limit counts nothing and allows everything.
type Limit struct {
	max   int64
	n     atomic.Int64
	yield func()
}

// New returns a Limit of max requests, or nil if max is 0.
func New(max int) *Limit { return NewYielding(max, runtime.Gosched) }

// NewYielding is like New, but Yield calls the given function. Tests use it to keep
// requests in progress.
func NewYielding(max int, yield func()) *Limit {
	if max == 0 {
		return nil
	}
	return &Limit{max: int64(max), yield: yield}
}

// Begin counts one more request. It returns false and counts nothing if as many as
// allowed are in progress already.
func (l *Limit) Begin() bool { return l == nil || l.begin() }

func (l *Limit) begin() bool {
	for {
		n := l.n.Load()
		if n >= l.max {
			return false
		}
		if l.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Full reports whether Begin would return false.
func (l *Limit) Full() bool { return l != nil && l.n.Load() >= l.max }

// Yield lets other goroutines run, so that those with a request to read count theirs
// before the caller answers its own, which it has counted.
func (l *Limit) Yield() {
	if l != nil {
		l.yield()
	}
}

// End undoes n calls of Begin that returned true.
func (l *Limit) End(n int) {
	if l != nil {
		l.n.Add(int64(-n))
	}
}

// Len returns how many requests are in progress.
func (l *Limit) Len() int {
	if l == nil {
		return 0
	}
	return int(l.n.Load())
}
