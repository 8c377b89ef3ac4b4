package affinity

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Allowed lists the processors that the calling thread may use.
func Allowed() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	return list(&set), nil
}

func list(set *unix.CPUSet) (cpus []int) {
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// Set binds every thread of this process to cpus and reads each back. Threads
// that start later inherit it from the thread that starts them, as do child
// processes.
func Set(cpus []int) error {
	var want unix.CPUSet
	for _, cpu := range cpus {
		want.Set(cpu)
	}
	// A thread that is not bound yet may start another meanwhile, so again until
	// a whole pass finds nothing to do.
	for range 100 {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		changed := false
		for _, thread := range threads {
			tid, err := strconv.Atoi(thread.Name())
			if err != nil {
				return err
			}
			var got unix.CPUSet
			err = unix.SchedGetaffinity(tid, &got)
			if err == nil && got != want {
				changed = true
				err = unix.SchedSetaffinity(tid, &want)
			}
			if errors.Is(err, unix.ESRCH) {
				continue // it has ended
			}
			if err != nil {
				return fmt.Errorf("binding thread %d to processors %s: %w", tid, Format(cpus), err)
			}
		}
		if !changed {
			return nil
		}
	}
	return fmt.Errorf("binding to processors %s: new threads keep appearing unbound", Format(cpus))
}
