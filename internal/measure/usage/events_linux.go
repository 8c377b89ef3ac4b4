package usage

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hardware are the counters that the processor provides.
var hardware = map[string]uint64{
	Cycles:       unix.PERF_COUNT_HW_CPU_CYCLES,
	Instructions: unix.PERF_COUNT_HW_INSTRUCTIONS,
	CacheRefs:    unix.PERF_COUNT_HW_CACHE_REFERENCES,
	CacheMisses:  unix.PERF_COUNT_HW_CACHE_MISSES,
	BranchMisses: unix.PERF_COUNT_HW_BRANCH_MISSES,
}

// calls are the system calls that each counter counts; nil means all. archPolls are
// those that only some architectures have.
var calls = map[string][]int{
	Syscalls:   nil,
	Futex:      {unix.SYS_FUTEX},
	ReadCalls:  {unix.SYS_READ, unix.SYS_READV, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG},
	WriteCalls: {unix.SYS_WRITE, unix.SYS_WRITEV, unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG},
	PollCalls:  append([]int{unix.SYS_EPOLL_PWAIT, unix.SYS_PPOLL}, archPolls...),
}

// event describes a counter for perf_event_open(2). filter is the filter that a
// tracepoint needs, or empty.
func event(key string) (attr unix.PerfEventAttr, filter string, err error) {
	attr = unix.PerfEventAttr{
		Size:        uint32(unsafe.Sizeof(attr)),
		Bits:        unix.PerfBitInherit, // count for threads that start later, too
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

// tracepoint returns the id of a tracepoint from tracefs.
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

// open opens a counter for one thread; tid 0 is the calling thread.
func open(key string, tid int) (fd int, err error) {
	attr, filter, err := event(key)
	if err != nil {
		return -1, err
	}
	fd, err = unix.PerfEventOpen(&attr, tid, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return -1, reason(err)
	}
	if err := setFilter(fd, filter); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("tracepoint filter: %w", err)
	}
	return fd, nil
}

// setFilter sets the filter of a counter, unless it is empty.
func setFilter(fd int, filter string) error {
	if filter == "" {
		return nil
	}
	text, err := unix.BytePtrFromString(filter)
	if err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.PERF_EVENT_IOC_SET_FILTER, uintptr(unsafe.Pointer(text))); errno != 0 {
		return errno
	}
	return nil
}

// reason returns an error that explains an error of perf_event_open(2).
func reason(err error) error {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EOPNOTSUPP):
		return errors.New("this machine has no such hardware counter")
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("not permitted (root, CAP_PERFMON or a lower kernel.perf_event_paranoid): %w", err)
	}
	return err
}

// tryCounter returns the reason if a counter does not work on the calling thread.
func tryCounter(key string) error {
	fd, err := open(key, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err
}
