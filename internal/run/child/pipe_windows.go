package child

import (
	"os"
	"os/exec"
	"syscall"
)

// passPipe makes the child inherit w, and returns the number that w has there.
// Package exec supports ExtraFiles on other systems only.
func passPipe(cmd *exec.Cmd, w *os.File) uintptr {
	cmd.SysProcAttr = &syscall.SysProcAttr{AdditionalInheritedHandles: []syscall.Handle{syscall.Handle(w.Fd())}}
	return w.Fd()
}
