package link

import "time"

// longestSleep bounds a sleep, after which a closed link is noticed.
const longestSleep = 10 * time.Millisecond

// sleepUntil sleeps until t. It returns false, after longestSleep at most, if the
// link is closed.
func sleepUntil(t time.Time, closed <-chan struct{}) bool {
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
		sleep(min(left, longestSleep))
	}
}

// A sleeper wakes up on time. It learns how late the kernel wakes it, sleeps for so
// much less, and spins until the time has come.
type sleeper struct {
	closed <-chan struct{}
	late   time.Duration // a moving average
}

// latest bounds what a sleeper takes as the kernel's usual lateness.
const latest = 300 * time.Microsecond

// until returns at t. It returns false, after longestSleep at most, if the link is
// closed.
func (s *sleeper) until(t time.Time) bool {
	early := t.Add(-s.late)
	if time.Until(early) > 0 {
		if !sleepUntil(early, s.closed) {
			return false
		}
		s.late += (min(time.Since(early), latest) - s.late) / 8
	}
	for time.Until(t) > 0 {
	}
	return true
}
