// Package scratch provides a temporary folder and runs commands in it. Neither the
// folder nor the commands outlive this process.
//
// Close removes the folder. If this process is killed, a watchdog kills the
// command that runs, with its children, and removes the folder. The watchdog is a
// shell, on Unix only, that waits for the end of a pipe that this process holds
// open. If the watchdog is killed as well, the next Open with the same prefix
// removes the folder. Its name contains the process id for that purpose. As the same id
// may be that of another process in another PID namespace, such as a container that
// shares the system's folder for temporary files, a folder in use is also locked.
package scratch

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// waitDelay bounds the wait for the output of a command whose process has ended,
// because a process that the command left behind may hold its pipes open.
const waitDelay = time.Second

// A Folder is a temporary folder. Its methods may be called by several goroutines,
// but it runs one command at a time.
type Folder struct {
	Path string

	mu       sync.Mutex // held while a command runs
	watchdog *watchdog
	lock     *os.File // the folder, while it is in use; nil where folders cannot be locked
}

// Open creates a folder with the given prefix in the system's folder for temporary
// files. It first removes the folders with the same prefix whose processes have
// ended. The prefix must not contain a path separator.
func Open(prefix string) (*Folder, error) {
	removeStale(prefix)
	path, err := filepath.Abs(filepath.Join(os.TempDir(), fmt.Sprintf("%s-%d-%08x", prefix, os.Getpid(), rand.Uint32())))
	if err != nil {
		return nil, err
	}
	watchdog, err := startWatchdog(path)
	if err != nil {
		return nil, fmt.Errorf("starting the watchdog of %s: %w", path, err)
	}
	f := &Folder{Path: path, watchdog: watchdog}
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, errors.Join(err, watchdog.stop())
	}
	if f.lock, err = lockFolder(path); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
	}
	return f, nil
}

// Close waits for the running command, removes the folder and ends the watchdog.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := removeAll(f.Path)
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
	}
	return errors.Join(err, f.watchdog.stop())
}

// removeAll is os.RemoveAll with a few attempts, since a process that was killed
// may still create files for a moment.
func removeAll(path string) (err error) {
	for range 20 {
		if err = os.RemoveAll(path); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

// minAge is how old a folder is at least that removeStale removes. A younger one may not
// be locked yet.
const minAge = time.Minute

// removeStale removes the folders of processes that have ended. It ignores errors,
// as a folder may belong to another user.
func removeStale(prefix string) {
	paths, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"-*-*"))
	if err != nil {
		return
	}
	for _, path := range paths {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), prefix+"-"), "-")
		pid, err := strconv.Atoi(id)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || pid <= 0 || alive(pid) || time.Since(info.ModTime()) < minAge {
			continue
		}
		if lock, err := lockFolder(path); err == nil {
			os.RemoveAll(path)
			if lock != nil {
				lock.Close()
			}
		}
	}
}

// Run runs a command that Command has made, and waits for it. On Unix it also
// kills what the command has left running in its process group.
func (f *Folder) Run(cmd *exec.Cmd) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	kill(cmd)
	f.watchdog.ended()
	return err
}

// Output is Run for a command whose output is wanted. It returns the standard
// output without the end of the last line. If the command fails, the error has
// what it wrote.
func (f *Folder) Output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := f.Run(cmd); err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(stdout.String()+stderr.String()))
	}
	return strings.TrimSuffix(stdout.String(), "\n"), nil
}
