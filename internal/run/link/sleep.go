package link

import (
	"runtime"
	"time"

	"github.com/echobench/echobench/internal/run/sleep"
)

// maxSleep bounds a sleep, after which a closed link is noticed.
const maxSleep = 10 * time.Millisecond

// sleepUntil sleeps until t. It returns false, after maxSleep at most, if the
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
		s.Sleep(min(left, maxSleep))
	}
}

// A waker returns at a given time. It measures how late its sleeps end, sleeps for that
// much less, and spins until the time has come.
type waker struct {
	sleeper *sleep.Sleeper
	closed  <-chan struct{}
	late    time.Duration // a moving average
}

// maxLate bounds what a waker takes as the usual lateness.
const maxLate = 300 * time.Microsecond

// until returns at t. It returns false, after maxSleep at most, if the link is
// closed.
func (w *waker) until(t time.Time) bool {
	early := t.Add(-w.late)
	if time.Until(early) > 0 {
		if !sleepUntil(w.sleeper, early, w.closed) {
			return false
		}
		w.late += (min(time.Since(early), maxLate) - w.late) / 8
	}
	for time.Until(t) > 0 {
		runtime.Gosched()
	}
	return true
}
