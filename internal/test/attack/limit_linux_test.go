package attack

import "syscall"

// limitFiles sets the limit on this process's file descriptors.
func limitFiles(n int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = uint64(n)
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
