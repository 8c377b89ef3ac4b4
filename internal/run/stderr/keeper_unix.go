//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package stderr

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// script prints the rest of the file once the pipe ends.
const script = `trap '' INT TERM HUP QUIT; while read -r line; do :; done; cat <&3 >&2`

// A Keeper keeps what is written to standard error between Begin and End. The zero value
// is ready to use. Its methods are called by one goroutine at a time.
type Keeper struct {
	opened   bool
	standard *os.File // this process's standard error
	kept     *os.File // takes its place between Begin and End; nil if that is not possible
	keeping  bool
	watchdog *exec.Cmd
	pipe     *os.File // its end wakes the watchdog
}

// Begin begins to keep what is written. It does nothing if standard error and standard
// output are different files, or if the system refuses what it needs.
func (k *Keeper) Begin() {
	if !k.opened {
		k.opened = true
		if err := k.open(); err != nil {
			k.release()
		}
	}
	if k.kept != nil && !k.keeping {
		k.keeping = redirect(k.kept) == nil
	}
}

// End prints what was written since Begin, each line after "# stderr: ", and ends keeping.
func (k *Keeper) End() {
	if !k.keeping {
		return
	}
	redirect(k.standard)
	k.keeping = false
	info, err := k.kept.Stat()
	if err != nil || info.Size() == 0 {
		return
	}
	lines := bufio.NewReader(io.NewSectionReader(k.kept, 0, info.Size()))
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			fmt.Fprintf(k.standard, "# stderr: %s", line)
		}
		if err != nil {
			if line != "" {
				fmt.Fprintln(k.standard)
			}
			break
		}
	}
	k.kept.Truncate(0)
}

// Close ends keeping and the watchdog.
func (k *Keeper) Close() error {
	k.End()
	return k.release()
}

// open prepares the file and starts the watchdog.
func (k *Keeper) open() error {
	if !sameFile(1, 2) {
		return errors.New("standard error is not standard output")
	}
	fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return err
	}
	k.standard = os.NewFile(uintptr(fd), "standard error")
	// The watchdog reads the file by a descriptor whose position remains at the beginning.
	unread, err := os.CreateTemp("", "stderr-")
	if err != nil {
		return err
	}
	defer unread.Close()
	kept, err := os.OpenFile(unread.Name(), os.O_RDWR|os.O_APPEND, 0)
	if err := errors.Join(err, os.Remove(unread.Name())); err != nil {
		return err
	}
	k.kept = kept
	return k.startWatchdog(unread)
}

func (k *Keeper) startWatchdog(unread *os.File) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	k.pipe = w
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stderr, cmd.ExtraFiles = r, k.standard, []*os.File{unread}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C does not reach it
	if err := cmd.Start(); err != nil {
		return err
	}
	k.watchdog = cmd
	return nil
}

// release ends the watchdog and closes the files.
func (k *Keeper) release() error {
	var errs []error
	for _, f := range []**os.File{&k.pipe, &k.kept, &k.standard} {
		if *f != nil {
			errs = append(errs, (*f).Close())
			*f = nil
		}
	}
	if k.watchdog != nil {
		errs = append(errs, k.watchdog.Wait())
		k.watchdog = nil
	}
	return errors.Join(errs...)
}

// sameFile reports whether two descriptors are of one file, pipe or terminal.
func sameFile(a, b int) bool {
	var x, y unix.Stat_t
	return unix.Fstat(a, &x) == nil && unix.Fstat(b, &y) == nil && x.Dev == y.Dev && x.Ino == y.Ino
}

// redirect makes f standard error.
func redirect(f *os.File) error { return dup2(int(f.Fd()), 2) }
