package rest

import (
	"context"
	"slices"
	"sync"
)

// A sendLimit bounds the bytes of the requests that a Client has in flight over
// HTTP/2, so that the server does not refuse them. Calls wait in the order in which
// they came. See claim.go.
type sendLimit struct {
	mu      sync.Mutex
	free    int64
	waiting []*sender
}

// A sender is a call that waits.
type sender struct {
	n     int64
	ready chan struct{} // closed when the call may send
}

// acquire waits until a call may send n bytes. n must not exceed the whole limit.
func (l *sendLimit) acquire(ctx context.Context, n int64) error {
	l.mu.Lock()
	if len(l.waiting) == 0 && l.free >= n {
		l.free -= n
		l.mu.Unlock()
		return nil
	}
	s := &sender{n: n, ready: make(chan struct{})}
	l.waiting = append(l.waiting, s)
	l.mu.Unlock()
	select {
	case <-s.ready:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.waiting, s); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	} else {
		l.free += n // it was the call's turn in the meantime
	}
	l.admit()
	return ctx.Err()
}

// release ends a call that acquired n bytes.
func (l *sendLimit) release(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free += n
	l.admit()
}

// admit lets calls send for which there is room. The limit must be locked.
func (l *sendLimit) admit() {
	for len(l.waiting) > 0 && l.free >= l.waiting[0].n {
		l.free -= l.waiting[0].n
		close(l.waiting[0].ready)
		l.waiting = slices.Delete(l.waiting, 0, 1)
	}
}
