package suite_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// serversOf lists the live server processes that pid started.
func serversOf(pid int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // gone meanwhile
		}
		// pid (comm) state ppid ...
		_, after, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(after)
		if len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(pid) {
			dir := filepath.Dir(name)
			args, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
			child, err := strconv.Atoi(filepath.Base(dir))
			if err == nil && bytes.Contains(args, []byte("-test.bench=^BenchmarkFixture$")) {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// startWithChild runs a benchmark that would go on for hours, and returns it
// once its server process is there.
func startWithChild(t *testing.T, flags ...string) (cmd *childRun) {
	t.Helper()
	cmd = &childRun{Cmd: fixture(t, append(flags, "-server=child", "-test.benchtime=10h")...)}
	cmd.nothingIsLeft = inFolder(t, cmd.Cmd)
	cmd.Stdout, cmd.Stderr = &cmd.out, &cmd.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's group
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a server process", func() bool {
		if pids := serversOf(cmd.Process.Pid); len(pids) == 1 {
			cmd.child = pids[0]
			return true
		}
		return false
	})
	return cmd
}

func TestKilledServerFailsTheCell(t *testing.T) {
	cmd := startWithChild(t, "-proto=socket")
	first := cmd.child
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// The cell fails and the next one starts, with a server of its own.
	eventually(t, "the next cell's server process", func() bool {
		pids := serversOf(cmd.Process.Pid)
		return len(pids) == 1 && pids[0] != first
	})
	second := serversOf(cmd.Process.Pid)
	syscall.Kill(second[0], syscall.SIGKILL)
	err := cmd.Wait()
	out := cmd.out.String()
	if err == nil || !strings.Contains(out, "the server process ended with signal: killed") || !strings.Contains(out, "proto=socket/size=64B/par=2: ") {
		t.Errorf("%v, want the cell and the signal in:\n%s", err, out)
	}
	cmd.nothingIsLeft()
}

func TestNoChildOutlivesItsParent(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		cmd := startWithChild(t, "-proto=socket")
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		t.Logf("after %v", sig)
		cmd.nothingIsLeft()
	}
}

func TestInterruptLeavesNothing(t *testing.T) {
	cmd := startWithChild(t, "-proto=socket")
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil { // what Ctrl-C sends
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("exit status 0 after an interrupt")
	}
	cmd.nothingIsLeft()
}

type childRun struct {
	*exec.Cmd
	out           bytes.Buffer
	child         int
	nothingIsLeft func()
}

// TestCPUQuota: a control group that limits both ends is said to be the limit, although
// neither end keeps GOMAXPROCS busy.
func TestCPUQuota(t *testing.T) {
	quota := testkit.CPUQuota(t, 0.2)
	for _, server := range []string{"inproc", "child"} {
		cmd := fixture(t, "-server="+server, "-test.bench=/proto=healthy", "-test.benchtime=300ms")
		shell, err := exec.LookPath(quota[0])
		if err != nil {
			t.Fatal(err)
		}
		cmd.Path, cmd.Args = shell, slices.Concat(quota, []string{cmd.Path}, cmd.Args[1:])
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("server=%s: %v", server, err)
		}
		for _, want := range []string{", CPU quota 0.2, ", ": the CPU quota of 0.2 is the limit, ", "# the CPU quota of 0.2 throttled this process's control group in "} {
			if !strings.Contains(string(out), want) {
				t.Errorf("server=%s: %q is missing in:\n%s", server, want, out)
			}
		}
	}
}
