package openloop

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A sleeper sleeps more precisely than time.Sleep. On Linux, Go's scheduler waits for
// the network and for timers in whole milliseconds, so that an idle process wakes up
// as much as 1 ms late. A sleeper is a timer in the kernel that the scheduler waits
// for as it waits for a connection, and that wakes it at once. One goroutine at a time
// uses it.
type sleeper struct {
	fd   int
	file *os.File
	buf  [8]byte // the number of expirations
}

func newSleeper() (*sleeper, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("openloop: timerfd_create: %w", err)
	}
	return &sleeper{fd: fd, file: os.NewFile(uintptr(fd), "timer")}, nil
}

// sleep sleeps for so many nanoseconds, at least 1.
func (s *sleeper) sleep(ns int64) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(ns)}
	err := unix.TimerfdSettime(s.fd, 0, &spec, nil)
	if err == nil {
		_, err = s.file.Read(s.buf[:])
	}
	if err != nil {
		time.Sleep(time.Duration(ns))
	}
}

func (s *sleeper) close() error { return s.file.Close() }

// yield lets another thread run on this processor. The kernel may have put a thread
// that was woken onto the processor of the one that spins, where it would otherwise
// wait for the end of a time slice of several milliseconds.
func yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
