package usage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Counters count for all threads of this process, from StartCounters to Stop.
type Counters struct {
	keys []string
	fds  map[string][]int // of each counter, one for each thread
}

// StartCounters starts the counters with the given keys.
func StartCounters(keys []string) (*Counters, error) {
	c := &Counters{keys: keys, fds: map[string][]int{}}
	if err := c.addThreads(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// addThreads opens the counters for every thread of this process. A counter also
// counts for the threads that its thread starts later (inheritance), but not for
// those that exist already. A thread that is not counted yet may start another
// one, so addThreads repeats until a pass finds no new thread.
func (c *Counters) addThreads() error {
	counted := map[int]bool{}
	for fresh := true; fresh; {
		fresh = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, thread := range threads {
			tid, err := strconv.Atoi(thread.Name())
			if err != nil || counted[tid] {
				continue
			}
			counted[tid], fresh = true, true
			if err := c.add(tid); err != nil && !errors.Is(err, unix.ESRCH) { // ESRCH: the thread has ended
				return err
			}
		}
	}
	return nil
}

// add opens the counters for one thread.
func (c *Counters) add(tid int) error {
	for _, key := range c.keys {
		fd, err := open(key, tid)
		if err != nil {
			return fmt.Errorf("counter %s of thread %d: %w", key, tid, err)
		}
		c.fds[key] = append(c.fds[key], fd)
	}
	return nil
}

// Stop stops the counters and adds to s what they counted. If the kernel let
// several counters share a hardware counter, Stop extrapolates from the time that
// each was active. It leaves out a counter that was never active.
func (c *Counters) Stop(s *Snapshot) error {
	for _, key := range c.keys {
		total, known := 0.0, len(c.fds[key]) > 0
		for _, fd := range c.fds[key] {
			n, ok := readCounter(fd)
			total += n
			known = known && ok
		}
		if known {
			s.Counts[key] = total
		}
	}
	return c.close()
}

// readCounter returns what one counter of one thread counted. ok is false if it
// was never active although its thread ran.
func readCounter(fd int) (n float64, ok bool) {
	var buf [24]byte
	if n, err := unix.Read(fd, buf[:]); err != nil || n != len(buf) {
		return 0, false
	}
	value := float64(binary.NativeEndian.Uint64(buf[0:]))
	enabled := float64(binary.NativeEndian.Uint64(buf[8:]))
	running := float64(binary.NativeEndian.Uint64(buf[16:]))
	if running > 0 {
		return value * enabled / running, true
	}
	return 0, enabled == 0
}

// close closes the counters of all threads.
func (c *Counters) close() error {
	var errs []error
	for _, fds := range c.fds {
		for _, fd := range fds {
			errs = append(errs, unix.Close(fd))
		}
	}
	c.fds = nil
	return errors.Join(errs...)
}
