package inprogress

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestLimit(t *testing.T) {
	l := New(2)
	for i, want := range []bool{true, true, false, false} {
		if full := l.Full(); full == want {
			t.Errorf("Full before Begin %d: %t", i, full)
		}
		if got := l.Begin(); got != want {
			t.Errorf("Begin %d: %t, want %t", i, got, want)
		}
	}
	l.Yield()
	l.End(2)
	if n := l.Len(); n != 0 || l.Full() || !l.Begin() {
		t.Errorf("%d requests in progress after all have ended", n)
	}
}

func TestNilAllowsEverything(t *testing.T) {
	l := New(0)
	if l != nil || !l.Begin() || l.Full() || l.Len() != 0 {
		t.Error("a limit of 0 does not allow everything")
	}
	l.Yield()
	l.End(1)
}

// However many goroutines call Begin at the same time, no more succeed than allowed,
// and none fails while there are fewer goroutines than that.
func TestConcurrent(t *testing.T) {
	for _, c := range []struct{ max, goroutines int }{{3, 3}, {3, 10}} {
		l := New(c.max)
		var running, refused atomic.Int64
		var all sync.WaitGroup
		for range c.goroutines {
			all.Go(func() {
				for range 1000 {
					if !l.Begin() {
						refused.Add(1)
						continue
					}
					if n := running.Add(1); n > int64(c.max) {
						t.Errorf("%d requests in progress, want %d at max", n, c.max)
					}
					l.Yield()
					running.Add(-1)
					l.End(1)
				}
			})
		}
		all.Wait()
		if n := refused.Load(); c.goroutines <= c.max && n > 0 {
			t.Errorf("%d requests of %d goroutines were refused, although %d were allowed", n, c.goroutines, c.max)
		}
		if n := l.Len(); n != 0 {
			t.Errorf("%d requests in progress after all have ended", n)
		}
	}
}
