//go:build unix

package compare

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// TestGateEndsWithGoTest: progress is printed while the gate runs, and the gate ends when
// go test is killed, although nobody tells it.
func TestGateEndsWithGoTest(t *testing.T) {
	testkit.Long(t)
	m, _ := newGate(t, gateFiles)
	built := t.TempDir()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	cmd := exec.Command("go", "test", "-count=1", "-run=TestNotSlower")
	cmd.Env = append(os.Environ(), baseEnv+"=base", "GATE_ROUNDS=100000", "GOTMPDIR="+built)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.SetReadDeadline(time.Now().Add(2 * time.Minute))
	lines := bufio.NewScanner(r)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "# calibrated") {
		t.Log(lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Errorf("no progress: %v", err)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	waitFor(t, "the end of the gate", func() bool { return len(processes(t, built))+len(processes(t, os.TempDir())) == 0 })
	m.checkNothingLeft(t)
}
