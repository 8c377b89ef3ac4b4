package soak

import (
	"sync/atomic"
	"time"
)

// lag is how late timers have been, at worst. It shows how much the machine delays this
// process.
type lag struct{ worst atomic.Int64 }

func (l *lag) longest() time.Duration { return time.Duration(l.worst.Load()) }

// watch watches until the function that it returns is called.
func (l *lag) watch() (stop func()) {
	const every = 10 * time.Millisecond
	ends, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			begin := time.Now()
			select {
			case <-time.After(every):
			case <-ends:
				return
			}
			l.worst.Store(max(l.worst.Load(), int64(time.Since(begin)-every)))
		}
	}()
	return func() {
		close(ends)
		<-ended
	}
}
