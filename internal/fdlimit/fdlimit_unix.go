//go:build unix

// Package fdlimit checks the limit on open file descriptors.
package fdlimit

import (
	"fmt"
	"os"
	"syscall"
)

// Check returns an error if this process cannot open so many more descriptors,
// which who needs. Beyond the limit some libraries abort the process, and some
// servers stop accepting connections without a word.
func Check(who string, more int) error { return check(who, more, openFiles()) }

// CheckChild is Check for a child process that has just started. It has the limit of
// this process.
func CheckChild(who string, more int) error { return check(who, more, childFiles) }

// childFiles is how many descriptors a child of this test binary has open: its
// standard files, its pipes, and what the Go runtime uses.
const childFiles = 16

func check(who string, more, open int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil // without a known limit, the transport will have to report it
	}
	if uint64(open)+uint64(more) > uint64(limit.Cur) {
		return fmt.Errorf("%s %d file descriptors and %d are open, but the limit is %d: raise it (ulimit -n) or use fewer connections", who, more, open, limit.Cur)
	}
	return nil
}

// openFiles counts this process's descriptors, or guesses where it cannot.
func openFiles() int {
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if files, err := os.ReadDir(dir); err == nil {
			return len(files)
		}
	}
	return childFiles
}
