package echotest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/broken"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/tcp"
)

// The kit runs in child processes, because a check that fails would also fail
// the test, and because a broken transport leaves goroutines behind.

// childEnv names the transport that a child process tests. The child process runs
// TestConformanceChild of this test binary.
const childEnv = "ECHOBENCH_TEST_CONFORM"

// healthy contains the transports that have no fault.
var healthy = map[string]echo.Transport{
	"healthy":     broken.Healthy(),
	"extended":    broken.Extended(),
	"opaque":      broken.Opaque(),
	"declared":    broken.Declared(),
	"unavailable": broken.Unavailable(),
	"unix":        &tcp.Transport{Unix: true},
}

func TestConformanceChild(t *testing.T) {
	name := os.Getenv(childEnv)
	if name == "" {
		t.Skip("only runs in the child processes of the other tests")
	}
	hang := 8 * time.Second
	if tr, ok := healthy[name]; ok {
		testTransport(t, tr, hang)
		return
	}
	faults := broken.Faults()
	i := slices.IndexFunc(faults, func(f broken.Fault) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("%s=%q names no transport", childEnv, name)
	}
	if faults[i].Slow {
		hang = 500 * time.Millisecond
	}
	testTransport(t, faults[i].Transport, hang)
}

// A result is the outcome of the kit in a child process.
type result struct {
	failed, skipped, passed []string // names of checks
	output                  string
}

var resultLine = regexp.MustCompile(`(?m)^    --- (FAIL|SKIP|PASS): TestConformanceChild/(\w+) `)

// conformance runs the kit on the named transport in a child process: the given
// checks, or all of them if there are none.
func conformance(t *testing.T, transport string, checks ...string) result {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Error(err)
		return result{}
	}
	run := "^TestConformanceChild$"
	if len(checks) > 0 {
		run += "/^(" + strings.Join(checks, "|") + ")$"
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run="+run, "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), childEnv+"="+transport)
	out, _ := cmd.CombinedOutput() // the lines of the checks say more than the exit status
	r := result{output: string(out)}
	for _, m := range resultLine.FindAllStringSubmatch(r.output, -1) {
		switch m[1] {
		case "FAIL":
			r.failed = append(r.failed, m[2])
		case "SKIP":
			r.skipped = append(r.skipped, m[2])
		case "PASS":
			r.passed = append(r.passed, m[2])
		}
	}
	return r
}

func TestConformancePassesHealthyTransports(t *testing.T) {
	for _, c := range []struct {
		transport string
		skipped   []string
	}{
		{"healthy", []string{"Batch", "Pipeline", "PipelineClose"}},
		{"extended", nil},
		{"declared", []string{"Batch", "Pipeline", "PipelineClose", "AddressInUse", "BadAddress"}},
		{"opaque", []string{
			"Network", "OverLimitUnsent", "Wire", "WireAgain", "Batch", "Pipeline", "PipelineClose", "DialNotKept", "CancelInFlight", "DeadlineInFlight", "LargeInFlight", "ContextErrors",
			"SilentServer", "CloseInFlight", "ServerCloseStalled", "Loopback", "IPv6", "BadAddress", "OthersServed", "AnnouncedLength", "Garbage",
		}},
	} {
		r := conformance(t, c.transport)
		if r.failed != nil || !slices.Equal(r.skipped, c.skipped) || len(r.passed)+len(r.skipped) != len(checks) {
			t.Errorf("%s: %q failed, %q were skipped and %d passed; want %q skipped and the others of %d checks passed\n%s",
				c.transport, r.failed, r.skipped, len(r.passed), c.skipped, len(checks), r.output)
		}
	}
}

// TestDeclaredRulesArePrinted: the kit tries a declared rule, and prints the reason and
// what it has seen.
func TestDeclaredRulesArePrinted(t *testing.T) {
	r := conformance(t, "declared", "AddressInUse")
	for _, want := range []string{
		"declared: Listen chooses another address (Listen",
		"0 checks passed, 0 failed; 1 rules are declared as not kept: AddressInUse (Listen chooses another address)",
	} {
		if !strings.Contains(r.output, want) {
			t.Errorf("want %q in\n%s", want, r.output)
		}
	}
}

func TestConformanceSkipsUnavailableTransports(t *testing.T) {
	r := conformance(t, "unavailable")
	if !strings.Contains(r.output, "--- SKIP: TestConformanceChild ") || !strings.Contains(r.output, broken.ErrUnavailable.Error()) {
		t.Errorf("want TestTransport skipped, with the reason %q\n%s", broken.ErrUnavailable, r.output)
	}
}

// TestMachine: what the machine lacks is not a rule that the transport breaks.
func TestMachine(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	r := conformance(t, "unix", "Network", "Sizes", "Wire", "Garbage")
	if n := strings.Count(r.output, "the machine does not allow this check: "); n != len(r.failed) || n < 2 || strings.Contains(r.output, "the rule: ") {
		t.Errorf("%d checks name the machine and %q failed; want each of them to name it, and no rule:\n%s", n, r.failed, r.output)
	}
}

// TestHangs: after a few checks with calls that hang, the others are skipped.
func TestHangs(t *testing.T) {
	var kits sync.WaitGroup
	for _, transport := range []string{"hangs", "never answers", "Close hangs"} {
		kits.Go(func() {
			r := conformance(t, transport)
			skipped := strings.Count(r.output, "calls have hung in 5 checks")
			if len(r.failed) < maxHung || len(r.failed) > maxHung+2 || skipped < len(checks)-10-maxHung {
				t.Errorf("%s: %d checks failed and %d were skipped because calls have hung, want 5 to 7 and the rest:\n%s", transport, len(r.failed), skipped, r.output)
			}
		})
	}
	kits.Wait()
}

// TestConformanceCatches runs the kit on transports that break a rule. The checks
// that the fault lists must fail. With ECHOBENCH_LONG, the others run as well.
func TestConformanceCatches(t *testing.T) {
	faults := broken.Faults()
	results := make([]chan result, len(faults))
	atOnce := make(chan struct{}, 8) // more than there are processors, because most of them wait
	for i, f := range faults {
		results[i] = make(chan result, 1)
		var only []string
		if f.Slow || f.Alone || !testkit.IsLong() {
			only = f.Checks
		}
		go func() {
			atOnce <- struct{}{}
			defer func() { <-atOnce }()
			results[i] <- untilCaught(t, f, only)
		}()
	}
	for i, f := range faults {
		r := <-results[i]
		t.Run(f.Name, func(t *testing.T) {
			for _, name := range f.Checks {
				if !slices.Contains(r.failed, name) {
					t.Errorf("check %s did not fail", name)
				}
			}
			for _, name := range r.failed {
				if !f.AndOthers && !slices.Contains(f.Checks, name) {
					t.Errorf("check %s failed too", name)
				}
				if rule := ruleOf(name); rule == "" || !strings.Contains(r.output, "the rule: "+rule) {
					t.Errorf("check %s failed without printing its rule %q", name, rule)
				}
			}
			if t.Failed() {
				t.Logf("%s", r.output)
			}
		})
	}
}

// untilCaught runs the kit on a broken transport until the checks that must fail do, at
// most three times: on a busy machine, too few calls may be in flight at the same time for
// a fault to show.
func untilCaught(t *testing.T, f broken.Fault, only []string) (r result) {
	for range 3 {
		r = conformance(t, f.Name, only...)
		if !slices.ContainsFunc(f.Checks, func(name string) bool { return !slices.Contains(r.failed, name) }) {
			break
		}
	}
	return r
}

// ruleOf returns the rule of the named check, or an empty string.
func ruleOf(name string) string {
	for _, c := range checks {
		if c.name == name {
			return c.rule
		}
	}
	return ""
}

func TestEveryCheckCatchesAFault(t *testing.T) {
	caught := map[string]bool{}
	for _, f := range broken.Faults() {
		for _, name := range f.Checks {
			caught[name] = true
		}
	}
	for _, c := range checks {
		if !caught[c.name] {
			t.Errorf("no broken transport is meant to fail check %s", c.name)
		}
	}
}
