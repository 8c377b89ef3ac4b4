//go:build unix

package fdlimit

import (
	"fmt"
	"math"
	"syscall"
)

// Check returns an error if this process cannot open that many more descriptors.
// Beyond the limit some libraries abort the process, and some servers stop
// accepting connections without an error.
func (n Need) Check() error {
	open, ok := Open()
	if !ok {
		open = childFiles // a guess
	}
	return n.check(open)
}

// CheckChild is Check for a child process that has just started. It has the limit of
// this process.
func (n Need) CheckChild() error { return n.check(childFiles) }

// childFiles is how many descriptors a child of this test binary has open: its
// standard files, its pipes, and what the Go runtime uses.
const childFiles = 16

func (n Need) check(open int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil // without a known limit, the transport will have to report it
	}
	left := int64(min(limit.Cur, math.MaxInt64/2)) - int64(open)
	if n.total() <= left {
		return nil
	}
	idle := ""
	if n.Idle > 0 && n.Each > 0 {
		idle = fmt.Sprintf(", which allows %d idle clients", max(0, (left-int64(n.Files))/int64(n.Each)))
	}
	return fmt.Errorf("%s %d file descriptors and %d are open, but the limit is %d%s: raise it (ulimit -n) or use fewer connections", n.Who, n.total(), open, limit.Cur, idle)
}
