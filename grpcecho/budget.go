package grpcecho

import (
	"container/list"
	"context"
	"net"
	"sync"
)

// A budget is a number of bytes from which several goroutines take. Those for which
// there are too few wait in the order in which they came.
type budget struct {
	size int
	done chan struct{} // closed by close

	mu      sync.Mutex
	free    int
	waiting list.List // of *claim
}

// A claim is a number of bytes for which somebody waits.
type claim struct {
	n       int
	granted chan struct{}
}

func newBudget(size int) *budget {
	return &budget{size: size, free: size, done: make(chan struct{})}
}

// take takes n bytes, or all of them if the budget is smaller. It returns ctx's error
// if that ends first, and net.ErrClosed after close.
func (b *budget) take(ctx context.Context, n int) error {
	n = min(n, b.size)
	b.mu.Lock()
	if b.waiting.Len() == 0 && n <= b.free {
		b.free -= n
		b.mu.Unlock()
		return nil
	}
	c := &claim{n: n, granted: make(chan struct{})}
	place := b.waiting.PushBack(c)
	b.mu.Unlock()
	err := net.ErrClosed
	select {
	case <-c.granted:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-b.done:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-c.granted: // at the same time
		b.free += n
	default:
		b.waiting.Remove(place)
	}
	b.grant()
	return err
}

// give gives back the n bytes of one take.
func (b *budget) give(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += min(n, b.size)
	b.grant()
}

// grant gives the free bytes to those who wait.
func (b *budget) grant() {
	for first := b.waiting.Front(); first != nil; first = b.waiting.Front() {
		c := first.Value.(*claim)
		if c.n > b.free {
			return
		}
		b.free -= c.n
		b.waiting.Remove(first)
		close(c.granted)
	}
}

// close ends the wait of everybody who waits now or later. It may be called once.
func (b *budget) close() { close(b.done) }
