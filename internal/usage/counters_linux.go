package usage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

var hardware = map[string]uint64{
	Cycles:       unix.PERF_COUNT_HW_CPU_CYCLES,
	Instructions: unix.PERF_COUNT_HW_INSTRUCTIONS,
	CacheRefs:    unix.PERF_COUNT_HW_CACHE_REFERENCES,
	CacheMisses:  unix.PERF_COUNT_HW_CACHE_MISSES,
	BranchMisses: unix.PERF_COUNT_HW_BRANCH_MISSES,
}

// calls are the system calls that a counter counts; nil means all. Those that
// an architecture lacks are in archPolls.
var calls = map[string][]int{
	Syscalls:   nil,
	Futex:      {unix.SYS_FUTEX},
	ReadCalls:  {unix.SYS_READ, unix.SYS_READV, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG},
	WriteCalls: {unix.SYS_WRITE, unix.SYS_WRITEV, unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG},
	PollCalls:  append([]int{unix.SYS_EPOLL_PWAIT, unix.SYS_PPOLL}, archPolls...),
}

// event describes the counter to perf_event_open(2), with the filter that a
// tracepoint wants.
func event(key string) (attr unix.PerfEventAttr, filter string, err error) {
	attr = unix.PerfEventAttr{
		Size: uint32(unsafe.Sizeof(attr)),
		// Threads that start later count too.
		Bits:        unix.PerfBitInherit,
		Read_format: unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
	}
	if config, ok := hardware[key]; ok {
		attr.Type, attr.Config = unix.PERF_TYPE_HARDWARE, config
		return attr, "", nil
	}
	id, err := tracepoint("raw_syscalls/sys_enter")
	attr.Type, attr.Config = unix.PERF_TYPE_TRACEPOINT, id
	var ids []string
	for _, call := range calls[key] {
		ids = append(ids, fmt.Sprintf("id == %d", call))
	}
	return attr, strings.Join(ids, " || "), err
}

// tracepoint looks an event's id up in tracefs.
func tracepoint(name string) (uint64, error) {
	var err error
	for _, dir := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		var text []byte
		if text, err = os.ReadFile(dir + "/events/" + name + "/id"); err == nil {
			return strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64)
		}
	}
	if errors.Is(err, os.ErrNotExist) {
		return 0, errors.New("tracefs is not mounted (mount -t tracefs nodev /sys/kernel/tracing)")
	}
	return 0, errors.New("tracefs needs root")
}

// open opens a counter for one thread, 0 being the calling one.
func open(key string, tid int) (fd int, err error) {
	attr, filter, err := event(key)
	if err != nil {
		return -1, err
	}
	fd, err = unix.PerfEventOpen(&attr, tid, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return -1, reason(err)
	}
	if filter != "" {
		text, err := unix.BytePtrFromString(filter)
		if err == nil {
			_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.PERF_EVENT_IOC_SET_FILTER, uintptr(unsafe.Pointer(text)))
			if errno != 0 {
				err = errno
			}
		}
		if err != nil {
			unix.Close(fd)
			return -1, fmt.Errorf("tracepoint filter: %w", err)
		}
	}
	return fd, nil
}

func reason(err error) error {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EOPNOTSUPP):
		return errors.New("this machine has no such hardware counter")
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("not permitted (root, CAP_PERFMON or a lower kernel.perf_event_paranoid): %w", err)
	}
	return err
}

func tryCounter(key string) error {
	fd, err := open(key, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// Counters count for all threads of this process, from Start on.
type Counters struct {
	keys []string
	fds  map[string][]int
}

// StartCounters starts counting keys.
func StartCounters(keys []string) (*Counters, error) {
	c := &Counters{keys: keys, fds: map[string][]int{}}
	// inherit follows only threads that a counted thread starts after it counts,
	// so each thread there is gets its own. One that a thread not yet counted
	// starts meanwhile is found in the next pass.
	counted := map[int]bool{}
	for fresh := true; fresh; {
		fresh = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		for _, thread := range threads {
			tid, err := strconv.Atoi(thread.Name())
			if err != nil || counted[tid] {
				continue
			}
			counted[tid], fresh = true, true
			if err := c.add(tid); err != nil && !errors.Is(err, unix.ESRCH) {
				return nil, errors.Join(err, c.close())
			}
		}
	}
	return c, nil
}

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

// Stop adds what was counted to s and ends the counting. A counter that the
// processor had to share is scaled up; one that never ran is left out.
func (c *Counters) Stop(s *Snapshot) error {
	for _, key := range c.keys {
		total, known := 0.0, len(c.fds[key]) > 0
		for _, fd := range c.fds[key] {
			var buf [24]byte
			if n, err := unix.Read(fd, buf[:]); err != nil || n != len(buf) {
				known = false
				break
			}
			value := float64(binary.NativeEndian.Uint64(buf[0:]))
			enabled := float64(binary.NativeEndian.Uint64(buf[8:]))
			running := float64(binary.NativeEndian.Uint64(buf[16:]))
			switch {
			case running > 0:
				total += value * enabled / running
			case enabled > 0:
				known = false
			}
		}
		if known {
			s.Counts[key] = total
		}
	}
	return c.close()
}

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
