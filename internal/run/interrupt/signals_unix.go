//go:build unix

package interrupt

import (
	"os"
	"syscall"
)

// Signals returns those that tell a process to end and that can be caught.
func Signals() []os.Signal { return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} }
