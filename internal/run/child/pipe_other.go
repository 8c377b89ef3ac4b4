//go:build !windows

package child

import (
	"os"
	"os/exec"
)

// passPipe makes the child inherit w, and returns the number that w has there.
func passPipe(cmd *exec.Cmd, w *os.File) uintptr {
	cmd.ExtraFiles = []*os.File{w}
	return 3 // the first after standard input, output and error
}
