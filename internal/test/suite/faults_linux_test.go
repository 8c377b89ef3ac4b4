package suite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// withLimit makes cmd run under a limit that the shell's ulimit sets.
func withLimit(cmd *exec.Cmd, limit string) *exec.Cmd {
	cmd.Args = append([]string{"sh", "-c", `ulimit ` + limit + ` && exec "$0" "$@"`}, cmd.Args...)
	cmd.Path = "/bin/sh"
	return cmd
}

// inFolder gives cmd a folder of its own for temporary files. It returns a function that
// waits until no process which has this folder is left, and neither is a file. The
// folder's name is short, because that of a Unix domain socket must be.
func inFolder(t *testing.T, cmd *exec.Cmd) (nothingIsLeft func()) {
	t.Helper()
	folder, err := os.MkdirTemp("", "eb-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	cmd.Env = append(os.Environ(), "TMPDIR="+folder)
	return func() {
		t.Helper()
		eventually(t, "the end of all processes", func() bool {
			environments, _ := filepath.Glob("/proc/[0-9]*/environ")
			for _, name := range environments {
				text, _ := os.ReadFile(name)
				if bytes.Contains(text, []byte("TMPDIR="+folder)) {
					return false
				}
			}
			return true
		})
		eventually(t, "the removal of all temporary files", func() bool {
			files, err := os.ReadDir(folder)
			return err == nil && len(files) == 0
		})
	}
}

// TestServerProcessRunsOut: the error names the cell and the cause, and the next cell is
// measured. The rules are not checked, because that would start such a server in the
// harness's process as well.
func TestServerProcessRunsOut(t *testing.T) {
	for _, c := range []struct{ proto, limit, want string }{
		{"hoards", "-v 8000000", "the last that it wrote: fatal error: "},
		{"greedy", "-n 64", "file descriptors open, and its limit is 64"},
		{"panics", "-n 64", "panic: the reason of the panic"},
	} {
		t.Run(c.proto, func(t *testing.T) {
			t.Parallel()
			cmd := withLimit(fixture(t, "-server=child", "-proto="+c.proto, "-stall=1s"), c.limit)
			nothingIsLeft := inFolder(t, cmd)
			cmd.Env = append(cmd.Env, "ECHOBENCH_RULES=off")
			out, err := cmd.CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte(c.want)) || !bytes.Contains(out, []byte("proto="+c.proto+"/size=64B/par=2: ")) {
				t.Errorf("%v, want %q and the cell's name in:\n%s", err, c.want, out)
			}
			if !healthyLine.Match(out) {
				t.Errorf("the next cell was not measured:\n%s", out)
			}
			nothingIsLeft()
		})
	}
}

// TestServerProcessFloodsItsOutput: what a server writes disturbs nothing.
func TestServerProcessFloodsItsOutput(t *testing.T) {
	out, ok := runFixture(t, "-server=child", "-proto=flooding")
	if !ok || strings.Contains(out, "{") || !strings.Contains(out, "\nBenchmarkFixture/proto=flooding/") || !healthyLine.MatchString(out) {
		t.Errorf("want two results and nothing of the flood (exit 0: %v):\n%.2000s", ok, out)
	}
}

// ticks returns how much processor time a process has used, in units of 10 ms.
func ticks(pid int) int {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	// pid (comm) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime ...
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return user + system
}

func TestStoppedServerFailsTheCell(t *testing.T) {
	const want = "proto=ok/size=64B/par=2: no echo finished within 500ms: 2 of 2 workers are waiting for a reply; the server process is stopped"
	const between = "server process: no reply within 10s; it is stopped" // the harness was asking the server, and nobody echoed
	for range 3 {
		out, err := stopServer(t)
		switch {
		case err != nil && strings.Contains(out, want):
			return
		case err == nil || !strings.Contains(out, between):
			t.Fatalf("%v, want %q in:\n%s", err, want, out)
		}
	}
	t.Errorf("the server was stopped three times, and never during the echoes")
}

// stopServer stops the server of the first cell during a measurement, ends the server
// of the second one, and returns how the benchmark ended.
func stopServer(t *testing.T) (out string, err error) {
	t.Helper()
	cmd := startWithChild(t, "-stall=500ms")
	eventually(t, "a measurement", func() bool { return ticks(cmd.child) > 30 }) // more than the warm-up needs
	if err := syscall.Kill(cmd.child, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the next cell's server process", func() bool {
		pids := serversOf(cmd.Process.Pid)
		return len(pids) == 1 && pids[0] != cmd.child
	})
	syscall.Kill(serversOf(cmd.Process.Pid)[0], syscall.SIGKILL)
	err = cmd.Wait()
	cmd.nothingIsLeft()
	return cmd.out.String(), err
}

// TestFullDisk: /dev/full behaves as a file on a full disk.
func TestFullDisk(t *testing.T) {
	folder := t.TempDir()
	if err := os.Symlink("/dev/full", filepath.Join(folder, "BenchmarkFixture_proto=ok_size=64B_par=2.hgrm")); err != nil {
		t.Fatal(err)
	}
	out, ok := runFixture(t, "-hgrm="+folder)
	if ok || !strings.Contains(out, "echobench: proto=ok/size=64B/par=2: ") || !strings.Contains(out, "no space left on device") || !healthyLine.MatchString(out) {
		t.Errorf("want the cell, the cause and the next cell (exit 0: %v):\n%s", ok, out)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 2 || files[0].Name() != "BenchmarkFixture_proto=healthy_size=64B_par=2.hgrm" {
		t.Errorf("files %v (%v), want the two of the healthy cell alone", files, err)
	}
}

// TestFolderThatCannotBeWritten: nothing is measured first.
func TestFolderThatCannotBeWritten(t *testing.T) {
	out, ok := runFixture(t, "-hgrm=/proc/nowhere")
	if ok || !strings.Contains(out, "echobench: the folder for histograms: ") || strings.Contains(out, "ns/op") {
		t.Errorf("want an error and no result (exit 0: %v):\n%s", ok, out)
	}
}

// interrupted matches the error of the cell in which Ctrl-C was pressed. If its server
// process has just been started, that may end first.
var interrupted = regexp.MustCompile(`proto=socket/size=64B/par=2: (.*interrupted by a signal: interrupt|.*ended with signal: interrupt)`)

// TestInterruptAtAnyMoment presses Ctrl-C while samples are opened, measured and closed.
// Whenever that is, no process, socket or folder is left, and a cell that fails says why.
func TestInterruptAtAnyMoment(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	times := 6
	if testkit.IsLong() {
		times = 20
	}
	for i := range times {
		server := []string{"inproc", "child"}[i%2]
		cmd := fixture(t, "-server="+server, "-proto=socket", "-test.benchtime=10ms", "-test.count=1000000")
		nothingIsLeft := inFolder(t, cmd)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's group
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		delay := time.Duration(random.Int64N(int64(400 * time.Millisecond)))
		time.Sleep(delay)
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil || err.Error() != "signal: interrupt" {
			t.Errorf("after %v, server=%s: ended with %v, want the signal", delay, server, err)
		}
		if text := out.String(); strings.Contains(text, "--- FAIL") && !interrupted.MatchString(text) {
			t.Errorf("after %v, server=%s: want %v in:\n%s", delay, server, interrupted, text)
		}
		nothingIsLeft()
	}
}
