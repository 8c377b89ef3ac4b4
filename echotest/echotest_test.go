package echotest_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/broken"
)

// conformEnv names the fault that a child process of TestConformanceCatches is
// to test. The child is this test binary.
const conformEnv = "ECHOBENCH_TEST_CONFORM"

func TestConformanceChild(t *testing.T) {
	name := os.Getenv(conformEnv)
	if name == "" {
		t.Skip("it is run by TestConformanceCatches, in a process of its own")
	}
	hang := 3 * time.Second
	switch name {
	case "healthy":
		echotest.TestTransportWithin(t, broken.Healthy(), hang)
	case "many":
		echotest.TestTransportWithin(t, broken.Many(), hang)
	case "opaque":
		echotest.TestTransportWithin(t, broken.Opaque(), hang)
	case "unavailable":
		echotest.TestTransportWithin(t, broken.Unavailable(), hang)
	}
	for _, f := range broken.Faults() {
		if f.Name == name {
			if f.Slow {
				hang = 500 * time.Millisecond
			}
			echotest.TestTransportWithin(t, f.Transport, hang)
		}
	}
}

// conformance runs the kit in a child process and returns the checks that
// failed, were skipped and passed.
func conformance(t *testing.T, fault string, checks ...string) (failed, skipped, passed []string, output string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := "^TestConformanceChild$"
	if len(checks) > 0 {
		run += "/^(" + strings.Join(checks, "|") + ")$"
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run="+run, "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), conformEnv+"="+fault)
	out, _ := cmd.CombinedOutput() // its exit status says less than its lines
	for _, m := range regexp.MustCompile(`(?m)^    --- (FAIL|SKIP|PASS): TestConformanceChild/(\w+) `).FindAllStringSubmatch(string(out), -1) {
		switch m[1] {
		case "FAIL":
			failed = append(failed, m[2])
		case "SKIP":
			skipped = append(skipped, m[2])
		case "PASS":
			passed = append(passed, m[2])
		}
	}
	return failed, skipped, passed, string(out)
}

func TestConformancePassesTheHealthy(t *testing.T) {
	for _, c := range []struct {
		transport string
		skipped   []string
	}{
		{"healthy", []string{"Batch", "Pipeline", "PipelineClose"}},
		{"many", nil},
		{"opaque", []string{
			"OverLimitUnsent", "Batch", "Pipeline", "PipelineClose", "CancelInFlight", "DeadlineInFlight", "SilentServer",
			"CloseInFlight", "ServerCloseStalled", "Loopback", "BadAddress", "Garbage",
		}},
	} {
		failed, skipped, passed, out := conformance(t, c.transport)
		if failed != nil || !slices.Equal(skipped, c.skipped) || len(passed)+len(skipped) < 33 {
			t.Errorf("%s: failed %q, skipped %q, %d passed; want %q skipped and the others, 33 together, passed\n%s", c.transport, failed, skipped, len(passed), c.skipped, out)
		}
	}
}

func TestConformanceSkipsTheUnavailable(t *testing.T) {
	_, _, _, out := conformance(t, "unavailable")
	if !strings.Contains(out, "--- SKIP: TestConformanceChild ") || !strings.Contains(out, "it needs a part that is missing") {
		t.Errorf("want TestTransport skipped with the reason\n%s", out)
	}
}

// TestConformanceCatches runs the kit on broken transports: each must be caught
// by the checks that are meant to catch it.
func TestConformanceCatches(t *testing.T) {
	for _, f := range broken.Faults() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel() // it is the children that work
			var only []string
			if f.Slow {
				only = f.Checks
			}
			failed, _, _, out := conformance(t, f.Name, only...)
			for _, check := range f.Checks {
				if !slices.Contains(failed, check) {
					t.Errorf("%s did not fail", check)
				}
			}
			for _, check := range failed {
				if !f.AndOthers && !slices.Contains(f.Checks, check) {
					t.Errorf("%s failed too", check)
				}
			}
			if !strings.Contains(out, "the rule: ") {
				t.Error("no failure states its rule")
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}
