package affinity

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Allowed returns the processors that the calling thread may use, in ascending
// order.
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

// Set binds every thread of this process to cpus and verifies it. Threads and child
// processes that start later inherit the binding from the thread that starts them.
func Set(cpus []int) error {
	var want unix.CPUSet
	for _, cpu := range cpus {
		want.Set(cpu)
	}
	// A thread that is not bound yet may start another one. So Set repeats until a
	// pass over all threads finds nothing to change.
	for range 100 {
		changed, err := bindThreads(&want)
		if err != nil {
			return fmt.Errorf("binding to processors %s: %w", Format(cpus), err)
		}
		if !changed {
			return nil
		}
	}
	return fmt.Errorf("binding to processors %s: new threads that are not bound keep appearing", Format(cpus))
}

// bindThreads binds the threads that exist now, and reports whether one of them was
// not bound before.
func bindThreads(want *unix.CPUSet) (changed bool, err error) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return false, err
	}
	for _, thread := range threads {
		tid, err := strconv.Atoi(thread.Name())
		if err != nil {
			return false, err
		}
		var got unix.CPUSet
		err = unix.SchedGetaffinity(tid, &got)
		if err == nil && got != *want {
			changed = true
			err = unix.SchedSetaffinity(tid, want)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) { // ESRCH: the thread has ended
			return false, fmt.Errorf("thread %d: %w", tid, err)
		}
	}
	return changed, nil
}
