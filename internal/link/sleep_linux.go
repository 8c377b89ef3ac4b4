package link

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleep blocks the thread. time.Sleep would wait for whole milliseconds, because
// that is the resolution of the runtime's epoll_wait.
func sleep(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&t, nil) // may end early, which the caller notices
}

// prepareThread lets the calling thread wake up on time: by default the kernel may
// delay its timers by 50 µs (PR_SET_TIMERSLACK in prctl(2)). The goroutine must be
// locked to the thread, and must end with it.
func prepareThread() { unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }
