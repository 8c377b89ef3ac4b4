//go:build unix

package echobench

import (
	"fmt"
	"os"
	"syscall"
)

// checkFiles says so if this process may not open that many more descriptors:
// past the limit some libraries abort, and some servers just stop accepting.
func checkFiles(more int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil // then the transport will have to say it
	}
	open := openFiles()
	if uint64(open)+uint64(more) > uint64(limit.Cur) {
		return fmt.Errorf("%d descriptors needed at both ends and %d are open, but the limit is %d: raise it (ulimit -n) or use fewer workers", more, open, limit.Cur)
	}
	return nil
}

// openFiles counts this process's descriptors, or guesses where it can't.
func openFiles() int {
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if files, err := os.ReadDir(dir); err == nil {
			return len(files)
		}
	}
	return 16
}
