//go:build !unix

package scratch

import (
	"context"
	"os"
	"os/exec"
)

// A watchdog does nothing on these systems.
type watchdog struct{}

func startWatchdog(string) (*watchdog, error) { return nil, nil }

func (*watchdog) ended() {}

func (*watchdog) stop() error { return nil }

// Command returns a command for Run, whose process is killed when ctx ends. The
// caller may set Dir, Env, Stdout and Stderr.
func (f *Folder) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = waitDelay
	return cmd
}

// kill does nothing: Run calls it when the command's process has ended, and these
// systems have no process groups.
func kill(*exec.Cmd) error { return nil }

// lockFolder does nothing on these systems.
func lockFolder(string) (*os.File, error) { return nil, nil }

// alive reports whether a process exists.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	p.Release()
	return true
}
