package openloop

import "golang.org/x/sys/unix"

// yield lets another thread run on this processor. The kernel may have put a thread
// that was woken onto the processor of the one that spins, where it would otherwise
// wait for the end of a time slice of several milliseconds.
func yield() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
