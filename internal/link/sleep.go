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
