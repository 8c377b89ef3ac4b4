//go:build unix

package commands

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// maxTime is how long a shortened command may take, with building.
const maxTime = 6 * time.Minute

// resultLine matches a line of a benchmark that has a result.
var resultLine = regexp.MustCompile(`(?m)^Benchmark\S+\s+\d+\s+\d\S* \S+`)

// A runner runs commands with bash in one folder.
type runner struct {
	bash, dir string
	env       []string
	started   string // a file that exists once a test binary runs
}

// newRunner returns a runner whose test binaries are started by a script that notes when
// the build has ended.
func newRunner(t *testing.T, dir string, env ...string) runner {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	scratch := t.TempDir()
	r := runner{bash: bash, dir: dir, started: filepath.Join(scratch, "started")}
	note := filepath.Join(scratch, "note")
	script := fmt.Sprintf("#!/bin/sh\ntest -e '%[1]s' || : > '%[1]s'\nexec \"$@\"\n", r.started)
	if err := os.WriteFile(note, []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "ECHOBENCH_") && !strings.HasPrefix(variable, "MAKE") && !strings.HasPrefix(variable, "GOFLAGS=") {
			r.env = append(r.env, variable)
		}
	}
	r.env = append(r.env, env...)
	r.env = append(r.env, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -modcacherw -exec="+note))
	return r
}

// A runResult is what a command has printed, and when.
type runResult struct {
	output string
	first  time.Duration // from the end of the build to the first result; 0 if there is none
	err    error

	elapsed, cpu time.Duration // of the command and what it has waited for
}

// run runs a command and returns when it has ended, or once it has printed a result if
// only the first one is wanted.
func (r runner) run(t *testing.T, command string, onlyFirst bool) (result runResult) {
	t.Helper()
	os.Remove(r.started)
	ctx, cancel := context.WithTimeout(t.Context(), maxTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.bash, "-o", "pipefail", "-c", command)
	cmd.Dir, cmd.Env = r.dir, r.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what the command has left behind
	var output strings.Builder
	lines := bufio.NewScanner(pipe)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		output.WriteString(lines.Text() + "\n")
		if result.first == 0 && resultLine.MatchString(lines.Text()) {
			if info, err := os.Stat(r.started); err == nil {
				result.first = time.Since(info.ModTime())
			}
			if onlyFirst {
				syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
			}
		}
	}
	result.err = cmd.Wait()
	result.elapsed, result.cpu = time.Since(start), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	result.output = output.String()
	return result
}

// must runs a command that prepares something.
func (r runner) must(t *testing.T, command string) {
	t.Helper()
	if result := r.run(t, command, false); result.err != nil {
		t.Fatalf("%s: %v\n%s", command, result.err, result.output)
	}
}
