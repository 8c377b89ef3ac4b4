package suite_test

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

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
		"timestamps from the 500th call on are old",
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
