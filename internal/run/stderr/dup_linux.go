package stderr

import "golang.org/x/sys/unix"

// dup2 is dup2(2), which newer architectures lack.
func dup2(from, to int) error { return unix.Dup3(from, to, 0) }
