package link

import (
	"runtime"
	"time"

	"github.com/echobench/echobench/internal/run/sleep"
)

// longestSleep bounds a sleep, after which a closed link is noticed.
const longestSleep = 10 * time.Millisecond

// sleepUntil sleeps until t. It returns false, after longestSleep at most, if the
// link is closed.
func sleepUntil(s *sleep.Sleeper, t time.Time, closed <-chan struct{}) bool {
	for {
		select {
		case <-closed:
			return false
		default:
		}
		left := time.Until(t)
		if left <= 0 {
			return true
		}
		s.Sleep(min(left, longestSleep))
	}
}

// A waker wakes up on time. It learns how late it is woken, sleeps for so much less,
// and spins until the time has come.
type waker struct {
	sleeper *sleep.Sleeper
	closed  <-chan struct{}
	late    time.Duration // a moving average
}

// latest bounds what a waker takes as the usual lateness.
const latest = 300 * time.Microsecond

// until returns at t. It returns false, after longestSleep at most, if the link is
// closed.
func (w *waker) until(t time.Time) bool {
	early := t.Add(-w.late)
	if time.Until(early) > 0 {
		if !sleepUntil(w.sleeper, early, w.closed) {
			return false
		}
		w.late += (min(time.Since(early), latest) - w.late) / 8
	}
	for time.Until(t) > 0 {
		runtime.Gosched()
	}
	return true
}
