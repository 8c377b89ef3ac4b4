package sample

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// TestInParallel checks that every call is made, as many at a time as there may be,
// and that the error that comes first is returned.
func TestInParallel(t *testing.T) {
	const n = 5 * connecting
	var seen [n]atomic.Int64
	var together sync.WaitGroup // each call waits for as many as run at the same time
	together.Add(connecting)
	err := inParallel(n, func(i int) error {
		seen[i].Add(1)
		if i < connecting {
			together.Done()
			together.Wait()
		}
		return nil
	}, func() { t.Error("failed was called without an error") })
	if err != nil {
		t.Error(err)
	}
	for i := range seen {
		if got := seen[i].Load(); got != 1 {
			t.Errorf("%d calls of f(%d), want 1", got, i)
		}
	}

	first, release, failures := errors.New("first"), make(chan struct{}), 0
	err = inParallel(n, func(i int) error {
		if i == 1 {
			return first
		}
		<-release
		return errors.New("another")
	}, func() { failures++; close(release) })
	if err != first || failures != 1 {
		t.Errorf("got error %v and %d calls of failed, want %v and 1", err, failures, first)
	}
}
