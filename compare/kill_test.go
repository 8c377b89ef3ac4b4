//go:build unix

package compare

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// victim runs a comparison in the working directory until it is killed.
func victim() {
	c := short()
	c.MaxRounds = 1000
	c.MinRounds = 1000
	c.Folder = os.Getenv(victimEnv)
	_, err := Run(context.Background(), c)
	fmt.Println(err)
	if errors.Is(err, context.Canceled) {
		os.Exit(3)
	}
	os.Exit(1)
}

// startVictim starts a comparison in another process.
func startVictim(t *testing.T, results string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+results)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// waitFor waits until the condition holds.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for %s", what)
		}
	}
}

// temporaryFiles returns the temporary files.
func temporaryFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// processes returns the command lines that contain the text.
func processes(t *testing.T, text string) (found []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if line, err := os.ReadFile(file); err == nil && strings.Contains(string(line), text) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// TestKilled kills a comparison while it builds, and after its samples have begun.
// SIGINT and SIGTERM end it in order; nothing is left after SIGKILL either.
func TestKilled(t *testing.T) {
	m, base := newModule(t, ownFiles), t.TempDir()
	sampled := func(folder string) func() bool {
		return func() bool {
			text, _ := os.ReadFile(filepath.Join(folder, "placebo.txt"))
			return strings.Contains(string(text), "\nBenchmark")
		}
	}
	for _, test := range []struct {
		signal syscall.Signal
		code   int // -1 if the signal ends the process
	}{{syscall.SIGINT, 3}, {syscall.SIGTERM, 3}, {syscall.SIGKILL, -1}} {
		for _, when := range []string{"building", "sampling"} {
			t.Run(fmt.Sprintf("%v/%s", test.signal, when), func(t *testing.T) {
				if test.signal == syscall.SIGTERM && when == "sampling" {
					testkit.Long(t) // takes the same way as SIGINT
				}
				results := filepath.Join(base, test.signal.String(), when)
				cmd := startVictim(t, results)
				started := func() bool { return len(temporaryFiles(t)) > 0 }
				if when == "sampling" {
					started = sampled(results)
				}
				waitFor(t, when, started)
				cmd.Process.Signal(test.signal)
				cmd.Wait()
				if code := cmd.ProcessState.ExitCode(); code != test.code {
					t.Errorf("got exit code %d, want %d", code, test.code)
				}
				if test.signal == syscall.SIGKILL {
					waitFor(t, "the watchdog", func() bool { return len(temporaryFiles(t)) == 0 })
				}
				m.checkNothingLeft(t)
				waitFor(t, "the end of all processes", func() bool { return len(processes(t, os.TempDir())) == 0 })
				if when == "sampling" {
					checkFiles(t, results, 1)
				}
				_, err := os.Stat(filepath.Join(results, "verdict.csv"))
				if want := when == "sampling" && test.code == 3; (err == nil) != want {
					t.Errorf("verdict.csv: %v, want it to exist: %v", err, want)
				}
			})
		}
	}
}

// TestIgnoredInterrupt: a comparison whose process ignores SIGINT, as after nohup(1) or in
// the background of a shell, is not ended by it.
func TestIgnoredInterrupt(t *testing.T) {
	newModule(t, ownFiles)
	results := t.TempDir()
	cmd := exec.Command("sh", "-c", `trap "" INT; exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+results)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "building", func() bool { return len(temporaryFiles(t)) > 0 })
	cmd.Process.Signal(syscall.SIGINT)
	waitFor(t, "samples after SIGINT", func() bool {
		_, err := os.Stat(filepath.Join(results, "placebo.txt"))
		return err == nil || !alive(cmd)
	})
	if !alive(cmd) {
		t.Error("SIGINT has ended a comparison that ignores it")
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
}

// alive reports whether a process that nobody has waited for runs.
func alive(cmd *exec.Cmd) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

// TestKilledAtAnyTime kills comparisons after different times.
func TestKilledAtAnyTime(t *testing.T) {
	m := newModule(t, ownFiles)
	delays := []time.Duration{1, 10, 100, 600}
	if testkit.IsLong() {
		delays = []time.Duration{1, 3, 10, 30, 100, 300, 600, 1000, 1500}
	}
	for _, delay := range delays {
		cmd := startVictim(t, "")
		time.Sleep(delay * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		waitFor(t, "the watchdog", func() bool { return len(temporaryFiles(t)) == 0 && len(processes(t, os.TempDir())) == 0 })
	}
	m.checkNothingLeft(t)
}

// TestCancelled ends comparisons by their context after different times.
func TestCancelled(t *testing.T) {
	m := newModule(t, ownFiles)
	delays := []time.Duration{0, 10, 400}
	if testkit.IsLong() {
		delays = []time.Duration{0, 10, 100, 400, 1000}
	}
	for _, delay := range delays {
		ctx, cancel := context.WithTimeout(t.Context(), delay*time.Millisecond)
		c := short()
		c.MinRounds, c.MaxRounds = 1000, 1000
		_, err := Run(ctx, c)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %d ms: got error %v, want %v", delay, err, context.DeadlineExceeded)
		}
		m.checkNothingLeft(t)
	}
}
