//go:build unix

package scratch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// watchdogScript reads the id of each process group that starts, and a 0 after it
// has ended. When the pipe ends, it kills the group that is still running, and
// removes the folder. The folder may not be empty at the first attempt, as killed
// processes may still create files for a moment.
const watchdogScript = `
trap '' INT TERM HUP
group=0
while read -r line; do group=$line; done
if [ "$group" != 0 ]; then kill -s KILL -- "-$group"; fi
for attempt in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf -- "$1" && exit
	sleep 1
done
`

// commandScript tells the watchdog the id of its process group before it becomes
// the command. As it holds the pipe open until then, the watchdog learns of every
// command, even if this process is killed while it starts one.
const commandScript = `echo $$ >&3 && exec 3>&- && exec "$@"`

// A watchdog outlives this process for as long as the clean-up takes.
type watchdog struct {
	cmd  *exec.Cmd
	pipe *os.File
}

func startWatchdog(path string) (*watchdog, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", watchdogScript, "sh", path)
	cmd.Dir = "/"
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C does not reach it
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return &watchdog{cmd, w}, nil
}

// ended tells the watchdog that no command runs.
func (w *watchdog) ended() { fmt.Fprintln(w.pipe, 0) }

// stop ends the watchdog and waits for it.
func (w *watchdog) stop() error { return errors.Join(w.pipe.Close(), w.cmd.Wait()) }

// Command returns a command for Run, with a process group of its own. The whole
// group is killed when ctx ends. The caller may set Dir, Env, Stdout and Stderr.
func (f *Folder) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", commandScript, "sh", name}, args...)...)
	cmd.ExtraFiles = []*os.File{f.watchdog.pipe} // descriptor 3
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return kill(cmd) }
	cmd.WaitDelay = waitDelay
	return cmd
}

// kill kills the process group of a command that was started.
func kill(cmd *exec.Cmd) error {
	err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// lockFolder locks a folder until the file that it returns is closed or this process
// ends. It fails if a process of any PID namespace holds the lock.
func lockFolder(path string) (*os.File, error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return folder, nil
}

// alive reports whether a process exists.
func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
