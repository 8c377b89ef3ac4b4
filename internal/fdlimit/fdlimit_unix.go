//go:build unix

// Package fdlimit checks the limit on open file descriptors.
package fdlimit

import (
	"fmt"
	"os"
	"syscall"
)

// Check returns an error if this process cannot open so many more descriptors.
// Beyond the limit some libraries abort the process, and some servers stop
// accepting connections without a word.
func Check(more int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil // without a known limit, the transport will have to report it
	}
	open := openFiles()
	if uint64(open)+uint64(more) > uint64(limit.Cur) {
		return fmt.Errorf("both ends need %d file descriptors and %d are open, but the limit is %d: raise it (ulimit -n) or use fewer workers", more, open, limit.Cur)
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
	return 16
}
