package echotest

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKitSurvivesAnAllocationWithoutABound runs the whole kit on a server that makes
// as much memory resident as a length announces. The kit must name the rule, and
// must not need much memory itself.
func TestKitSurvivesAnAllocationWithoutABound(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestConformanceChild$", "-test.v", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), childEnv+"=trusts a length without a bound")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if rule := "the rule: " + ruleOf("AnnouncedLength"); err == nil || !strings.Contains(string(out), rule) || strings.Contains(string(out), "panic: ") {
		t.Errorf("error %v, want one and %q, but no panic, in:\n%s", err, rule, out)
	}
	if !strings.Contains(string(out), "--- SKIP: TestConformanceChild/Garbage ") {
		t.Errorf("check Garbage was not skipped:\n%s", out)
	}
	if used := int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) << 10; used > 2<<30 {
		t.Errorf("the kit's process had %d bytes of resident memory, want less than 2 GiB", used)
	}
}
