package suite_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// root is the folder of the module.
const root = "../../.."

var fixtureBuilt bool

// buildFixture compiles testdata/fixture once for all tests.
var buildFixture = sync.OnceValues(func() (string, error) {
	fixtureBuilt = true
	dir, err := os.MkdirTemp("", "echobench-fixture")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "fixture.test")
	out, err := exec.Command("go", "test", "-c", "-o", exe, "./testdata/fixture").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return exe, nil
})

// fixture returns a command that runs the fixture's benchmark, without checking the
// rules of the contract before, so that the calls can be counted. It is killed after
// a minute.
func fixture(t *testing.T, flags ...string) *exec.Cmd {
	t.Helper()
	exe, err := buildFixture()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe, append([]string{"-test.run=^$", "-test.bench=.", "-test.benchtime=2000x"}, flags...)...)
	cmd.WaitDelay = time.Second
	cmd.Env = append(os.Environ(), "ECHOBENCH_RULES=off")
	return cmd
}

// runFixture runs the fixture's benchmark. It returns the output, and whether the
// exit status was 0.
func runFixture(t *testing.T, flags ...string) (out string, ok bool) {
	t.Helper()
	text, err := fixture(t, flags...).CombinedOutput()
	return string(text), err == nil
}

// eventually polls until ok, with a bound.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("not within 20s: %s", what)
}

// healthyLine matches the result of the cell that follows the broken one.
var healthyLine = regexp.MustCompile(`(?m)^BenchmarkFixture/proto=healthy/size=64B/par=2(-\d+)?\s+2000\s+\S+ ns/op`)

func TestBrokenTransportFailsItsCellOnly(t *testing.T) {
	for _, c := range []struct{ proto, want string }{
		{"refuses", "no server today"},
		{"unreachable", " of 2: no route today"},
		{"fails", "call 500 failed"},
		{"wrongid", "wrong reply: id "},
		{"short", "wrong reply: 63 bytes of data, want 64"},
		{"corrupt", "wrong reply: data differs from the request's at byte 63 of 64"},
		{"unstamped", "wrong reply: no timestamp"},
		{"swallows", "wrong reply: id "},
		{"hangs", "no echo finished within 300ms: 2 of 2 workers are waiting for a reply"},
		{"deaf", "2 workers have not returned 3s after their context ended"},
		{"unclosable", "closing: clients: close failed"},
		{"hungry", " file descriptors and "},
	} {
		for _, server := range []string{"inproc", "child"} {
			t.Run(c.proto+"/"+server, func(t *testing.T) {
				t.Parallel()
				if server == "child" && !slices.Contains([]string{"refuses", "fails", "hangs"}, c.proto) {
					testkit.Long(t) // the workers, which find the fault, are the same
				}
				out, ok := runFixture(t, "-proto="+c.proto, "-server="+server, "-stall=300ms")
				if ok {
					t.Error("exit status 0, want a failure")
				}
				if !strings.Contains(out, c.want) || !strings.Contains(out, "proto="+c.proto+"/size=64B/par=2: ") {
					t.Errorf("want %q and the cell's name in:\n%s", c.want, out)
				}
				if !healthyLine.MatchString(out) {
					t.Errorf("the next cell was not measured:\n%s", out)
				}
				if regexp.MustCompile(`(?m)^BenchmarkFixture/proto=`+c.proto+`\S*\s+2000\s`).MatchString(out) && c.proto != "unclosable" {
					t.Errorf("a failed cell has a result:\n%s", out)
				}
			})
		}
	}
}

func TestHealthyTransportPasses(t *testing.T) {
	for _, server := range []string{"inproc", "child"} {
		out, ok := runFixture(t, "-server="+server)
		if !ok || !healthyLine.MatchString(out) || !strings.Contains(out, "\nserver: "+server+"\n") {
			t.Errorf("server=%s: exit 0: %v, output:\n%s", server, ok, out)
		}
	}
}

func TestEverySampleHasItsOwnServerAndExactlyNWorkers(t *testing.T) {
	out, ok := runFixture(t, "-test.count=3", "-par=7")
	if !ok || !strings.Contains(out, "# ok: listens=3 dials=21 echoed=21 max=7\n") {
		t.Errorf("want 3 listens, 21 dials and 7 echoes at once (exit 0: %v):\n%s", ok, out)
	}
}

func TestBatchesAndPipelines(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"batch=7", "depth=5"} {
		out, ok := runFixture(t, "-"+mode)
		line := regexp.MustCompile(`(?m)^BenchmarkFixture/proto=ok/size=64B/par=2/` + mode + `(-\d+)?\s+2000\s.* p50-ns`)
		if !ok || !line.MatchString(out) {
			t.Errorf("%s: want 2000 messages (exit 0: %v):\n%s", mode, ok, out)
		}
		for proto, want := range map[string]string{
			"fails": "call 500 failed", "wrongid": "wrong reply: id ", "corrupt": "wrong reply: data differs", "swallows": "wrong reply: ",
		} {
			if out, ok := runFixture(t, "-"+mode, "-proto="+proto); ok || !strings.Contains(out, want) {
				t.Errorf("%s of %s: exit 0: %v, want %q in:\n%s", mode, proto, ok, want, out)
			}
		}
	}
}

func TestEveryClientIsWarmedUp(t *testing.T) {
	out, ok := runFixture(t, "-test.benchtime=1x", "-par=100")
	if !ok || !strings.Contains(out, " dials=100 echoed=100 ") {
		t.Errorf("one measured echo, but every client must have made some before (exit 0: %v):\n%s", ok, out)
	}
}

func TestFilteredCellStartsNothing(t *testing.T) {
	out, ok := runFixture(t, "-test.bench=/proto=healthy")
	if !ok || !strings.Contains(out, "# ok: listens=0 dials=0 echoed=0 max=0\n") || !healthyLine.MatchString(out) {
		t.Errorf("want no listen and no dial of the filtered transport (exit 0: %v):\n%s", ok, out)
	}
}

// Package testing calls the leaf for the first time before it sets the GOMAXPROCS of
// -cpu. The server process must have the same value nevertheless.
func TestEachCPUValueHasItsOwnServer(t *testing.T) {
	out, ok := runFixture(t, "-test.cpu=1,2,3", "-alone=true", "-server=child", "-metrics=cpu")
	lines := regexp.MustCompile(`(?m)^BenchmarkFixture/proto=ok/size=64B/par=2(-[23])?\s+2000\s`).FindAllString(out, -1)
	if !ok || len(lines) != 3 || !strings.Contains(out, " max=2\n") {
		t.Errorf("want 3 results (exit 0: %v):\n%s", ok, out)
	}
	if dials := regexp.MustCompile(`dials=(\d+)`).FindStringSubmatch(out); dials == nil || dials[1] != "6" {
		t.Errorf("want 6 dials, 2 for each of 3 values:\n%s", out)
	}
}

func TestUnavailableTransportIsSkippedWithTheReason(t *testing.T) {
	const why = "# missing: skipped: not in this build\n"
	out, ok := runFixture(t, "-proto=missing")
	if !ok || !strings.Contains(out, why) || !healthyLine.MatchString(out) {
		t.Errorf("want %q and the next transport measured (exit 0: %v):\n%s", why, ok, out)
	}
	out, ok = runFixture(t, "-proto=missing", "-alone=true")
	if !ok || !strings.Contains(out, why) || strings.Contains(out, "ns/op") {
		t.Errorf("alone: want %q and no result (exit 0: %v):\n%s", why, ok, out)
	}
}

// A benchmark's line is begun before it runs, so nothing else may be written until
// it ends.
func TestNothingBreaksALine(t *testing.T) {
	for _, server := range []string{"inproc", "child"} {
		cmd := fixture(t, "-server="+server, "-test.count=2")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || stderr.Len() > 0 {
			t.Errorf("server=%s: %v, stderr %q", server, err, &stderr)
		}
		known := regexp.MustCompile(`^(Unit \S+ better=(lower|higher)|(server|goos|goarch|pkg|cpu): .*|# .*|PASS|BenchmarkFixture/\S+\s+\d+\s+\S+ ns/op\s.*)$`)
		for line := range strings.Lines(string(out)) {
			if !known.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Errorf("server=%s: unexpected line %q", server, line)
			}
		}
	}
}

// TestStandardErrorBreaksNoLine: go test merges standard error into standard output.
func TestStandardErrorBreaksNoLine(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("standard error is not kept apart here")
	}
	for _, flags := range [][]string{{}, {"-test.count=2"}, {"-test.v"}} {
		out, ok := runFixture(t, append(flags, "-proto=logs")...)
		line := regexp.MustCompile(`(?m)^BenchmarkFixture/proto=logs/size=64B/par=2(-\d+)?\s+2000\s+\S+ ns/op`)
		if !ok || !line.MatchString(out) || !healthyLine.MatchString(out) || !strings.Contains(out, "error: what the library says\n") {
			t.Errorf("%v: want whole lines and what the library says (exit 0: %v):\n%s", flags, ok, out)
		}
		if strings.Contains(out, "\nerror: ") && !slices.Contains(flags, "-test.v") {
			t.Errorf("%v: benchstat would take this for a configuration line:\n%s", flags, out)
		}
	}
}

// TestLastWords: what a process has written to standard error is seen if it dies in the
// middle of a line.
func TestLastWords(t *testing.T) {
	for proto, want := range map[string][]string{
		"logspanic": {"panic: the reason of the client", "exit status 2"},
		"logsexit":  {"exit status 3"},
		"logsabort": {"SIGABRT: abort", "exit status 2"},
		"logskill":  {"signal: killed"},
	} {
		if runtime.GOOS == "windows" {
			t.Skip("there are no such signals here")
		}
		cmd := fixture(t, "-proto="+proto)
		cmd.WaitDelay = testkit.Hang // for the watchdog
		text, err := cmd.CombinedOutput()
		out := fmt.Sprint(string(text), err)
		for _, want := range append(want, "error: what the library says\n") {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is missing in:\n%s", proto, want, out)
			}
		}
	}
}

// TestRulesFailTheCells: each cell of a transport that breaks a rule fails with the
// rule, has no result, and the next transport is measured.
func TestRulesFailTheCells(t *testing.T) {
	cases := []struct{ proto, server string }{{"cheats", "child"}, {"cheatslater", "inproc"}}
	if testkit.IsLong() {
		cases = []struct{ proto, server string }{{"cheats", "inproc"}, {"cheats", "child"}, {"cheatslater", "inproc"}, {"cheatslater", "child"}}
	}
	for _, c := range cases {
		cmd := fixture(t, "-proto="+c.proto, "-par=2,3", "-server="+c.server)
		cmd.Env = os.Environ()
		out, err := cmd.CombinedOutput()
		if n := strings.Count(string(out), "; the rule Wire: All data crosses the network once"); err == nil || n != 2 {
			t.Errorf("%v: error %v, and the rule %d times, want an error and 2:\n%s", c, err, n, out)
		}
		if regexp.MustCompile(`(?m)^BenchmarkFixture/proto=` + c.proto + `/.* ns/op`).Match(out) {
			t.Errorf("%v: a result of a cheat:\n%s", c, out)
		}
		if !healthyLine.Match(out) {
			t.Errorf("%v: the next transport was not measured:\n%s", c, out)
		}
	}
}

// withRules runs the fixture's benchmark with the rules checked.
func withRules(t *testing.T, flags ...string) (out string, ok bool) {
	t.Helper()
	cmd := fixture(t, flags...)
	cmd.Env = os.Environ()
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}

// TestRulesAreCheckedAfterAMeasurement: these faults begin after many calls or with many
// callers, so that no check before the first cell finds them.
func TestRulesAreCheckedAfterAMeasurement(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what the sockets of a process move is known on Linux only")
	}
	for _, fault := range []string{
		"answers itself after 900 calls",
		"answers itself when there are many callers",
		"timestamps from the 900th call on are old",
	} {
		out, ok := withRules(t, "-fault="+fault, "-par=64", "-size=4KiB", "-alone", "-test.benchtime=64000x")
		if ok || !strings.Contains(out, "; the rule ") || strings.Contains(out, "64000\t") {
			t.Errorf("%s: want a rule and no result (exit 0: %v):\n%s", fault, ok, out)
		}
	}
}

func TestRulesAcceptHealthyTransports(t *testing.T) {
	out, ok := withRules(t, "-proto=ok,nop,tcp,socket")
	if !ok || strings.Count(out, " ns/op") != 5 {
		t.Errorf("want five results (exit 0: %v):\n%s", ok, out)
	}
}
