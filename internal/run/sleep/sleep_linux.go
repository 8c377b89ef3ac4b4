package sleep

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Sleeper is a timer in the kernel (timerfd_create(2)). One goroutine at a time uses
// it.
type Sleeper struct {
	fd   int
	file *os.File
	buf  [8]byte // the number of expirations
}

// New returns a Sleeper. It holds a file descriptor until it is closed.
func New() (*Sleeper, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("timerfd_create: %w", err)
	}
	return &Sleeper{fd: fd, file: os.NewFile(uintptr(fd), "timer")}, nil
}

// Sleep sleeps for d, which is more than 0.
func (s *Sleeper) Sleep(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	err := unix.TimerfdSettime(s.fd, 0, &spec, nil)
	if err == nil {
		_, err = s.file.Read(s.buf[:])
	}
	if err != nil {
		time.Sleep(d)
	}
}

// Close releases the descriptor. It must not be called during a Sleep.
func (s *Sleeper) Close() error { return s.file.Close() }
