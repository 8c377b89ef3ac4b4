package suite_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// A hang is a run of the fixture in which a call into the transport does not return.
type hang struct {
	name  string
	flags string
	want  string // a pattern that the output must have once
	not   string // a text that it must not have; empty for none
	cells string // a pattern of the cells that are measured nevertheless
	count int    // how many of them there are
	rules bool   // they are checked
	long  bool   // it takes long
}

const (
	noReturn = `no return within [0-9.]+s`
	skipped  = `: skipped: (a=\w+: |b=\w+: )?a call did not return before: `
	healthy  = `BenchmarkFixture/proto=healthy/\S+\s+2000\s`
)

// hangs are the runs. The first cell fails, the variant's other cell is skipped with the
// reason, and the next variant is measured.
var hangs = []hang{
	{name: "Listen", flags: "-proto=hanglisten", want: `par=2: listen: ` + noReturn + `(?s:.*)par=3` + skipped + `Listen: ` + noReturn},
	{name: "Listen in a child", flags: "-proto=hanglisten -server=child", want: `par=2: listen: server process: listen: ` + noReturn + `(?s:.*)par=3` + skipped + `server process: listen: ` + noReturn, long: true},
	{name: "Dial", flags: "-proto=hangdial", want: `par=2: dial \d of 2: ` + noReturn + `(?s:.*)par=3` + skipped + `Dial: ` + noReturn},
	{name: "many a Dial", flags: "-proto=hangdial -par=100,101", want: `par=100: dial \d+ of 100: ` + noReturn + `(?s:.*)par=101` + skipped + `Dial: ` + noReturn},
	{name: "Dial of an idle client", flags: "-proto=hangdial -idle=2", want: `idle client \d of 2: dial: ` + noReturn + `(?s:.*)` + skipped + `Dial: ` + noReturn},
	{name: "Pipeline", flags: "-proto=hangpipeline -depth=5", want: `par=2/depth=5: ` + noReturn + `(?s:.*)` + skipped + `Pipeline: ` + noReturn},
	{name: "Echo", flags: "-proto=deaf", want: `2 workers have not returned 3s after their context ended(?s:.*)` + skipped + `Echo: ` + noReturn},
	{name: "Describe", flags: "-proto=hangdescribe", want: `echobench: hangdescribe: Describe: no return within 10`, cells: "ns/op", long: true},
	{name: "with rules", flags: "-proto=hanglisten", want: `par=2: Listen: no return within 10s(?s:.*)par=3: Listen: no return within 10s`, rules: true, long: true},
	// Each repetition of the cell fails, and none of them hangs again.
	{name: "repetitions", flags: "-proto=deaf -alone -test.count=3", want: `workers have not returned(?s:.*)par=2: a call did not return before: (?s:.*)par=2: a call did not return before: `, cells: "ns/op"},
	// The fixture fails if a server or client that arrives late remains open.
	{name: "a late Listen", flags: "-proto=latelisten", want: noReturn + `(?s:.*)` + skipped, not: "still open"},
	{name: "a late Dial", flags: "-proto=latedial", want: noReturn + `(?s:.*)` + skipped, not: "still open"},
	{name: "a duel", flags: "-proto=ok -duel=hangdial -test.benchtime=2x", want: `par=2: b=hangdial: dial \d of 2: ` + noReturn + `(?s:.*)par=3` + skipped, cells: `BenchmarkDuel/second/\S+\s+2\s`, count: 1},
	{name: "a search", flags: "-test.bench=MaxRate -test.benchtime=1x -proto=hangdial -slo=p50=1s", want: `par=2/slo=p50=1s: dial \d of 2: ` + noReturn + `(?s:.*)par=3/slo=p50=1s` + skipped, cells: `\d max-ops/s`},
}

// TestCallsThatHang starts all runs at the same time, because they do little but wait.
func TestCallsThatHang(t *testing.T) {
	t.Parallel()
	var started []*running
	for _, h := range hangs {
		if h.long && !testkit.IsLong() {
			started = append(started, nil)
			continue
		}
		cmd := fixture(t, append([]string{"-par=2,3", "-stall=2s"}, strings.Fields(h.flags)...)...)
		if h.rules {
			cmd.Env = os.Environ()
		}
		started = append(started, start(t, cmd))
	}
	for i, h := range hangs {
		t.Run(h.name, func(t *testing.T) {
			if started[i] == nil {
				testkit.Long(t)
			}
			out, err := started[i].wait()
			if n := len(regexp.MustCompile(h.want).FindAllString(out, -1)); err == nil || n != 1 {
				t.Errorf("error %v, and %s %d times, want an error and once", err, h.want, n)
			}
			if h.not != "" && strings.Contains(out, h.not) {
				t.Errorf("want no %q", h.not)
			}
			cells, count := h.cells, h.count
			if cells == "" {
				cells, count = healthy, 2
			}
			if n := len(regexp.MustCompile(cells).FindAllString(out, -1)); n != count {
				t.Errorf("%s %d times, want %d", cells, n, count)
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// TestInterruptDuringACallThatHangs: Ctrl-C ends the process soon, although -stall is long.
func TestInterruptDuringACallThatHangs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted by another one")
	}
	t.Parallel()
	var started []*running
	for _, flag := range []string{"-proto=hanglisten", "-proto=hangdial"} {
		started = append(started, start(t, fixture(t, flag, "-stall=1h")))
	}
	for _, r := range started {
		// This line is the last one before the first cell.
		eventually(t, "the first cell", func() bool { return strings.Contains(r.out.String(), "# ECHOBENCH_RULES=off") })
	}
	time.Sleep(300 * time.Millisecond) // the calls hang now, or will
	for _, r := range started {
		r.cmd.Process.Signal(os.Interrupt)
	}
	begin := time.Now()
	for _, r := range started {
		if out, err := r.wait(); err == nil || err.Error() != "signal: interrupt" || time.Since(begin) > 30*time.Second {
			t.Errorf("%s: %v after %v, want an end by the signal within 30s:\n%s", r.cmd.Args, err, time.Since(begin), out)
		}
	}
}

// A running is a command that runs.
type running struct {
	cmd *exec.Cmd
	out lockedBuffer
}

// A lockedBuffer may be read while a command writes to it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func start(t *testing.T, cmd *exec.Cmd) *running {
	t.Helper()
	r := &running{cmd: cmd}
	cmd.Stdout, cmd.Stderr = &r.out, &r.out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// wait returns how the command has ended.
func (r *running) wait() (out string, err error) {
	err = r.cmd.Wait()
	return r.out.String(), err
}
