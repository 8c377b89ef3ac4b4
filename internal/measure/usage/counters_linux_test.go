package usage

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// requireSyscalls skips the test if system calls cannot be counted.
func requireSyscalls(t *testing.T) {
	t.Helper()
	for _, m := range MissingCounters() {
		if m.Key == Syscalls {
			t.Skipf("system calls cannot be counted: %s", m.Why)
		}
	}
}

func TestCountersAgreeWithKnownCalls(t *testing.T) {
	requireSyscalls(t)
	const n = 10000
	c, err := StartCounters(Available(MissingCounters()))
	if err != nil {
		t.Fatal(err)
	}
	switchThreads(t, n) // two threads make 2n reads and 2n writes together
	for range n {
		syscall.Getppid()
	}
	s := Snapshot{Counts: map[string]float64{}}
	if err := c.Stop(&s); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{ReadCalls: 2 * n, WriteCalls: 2 * n, Syscalls: 5 * n} {
		if got := s.Counts[key]; got < want || got > 1.5*want {
			t.Errorf("%s: counted %v, want %v or a little more", key, got, want)
		}
	}
	for _, key := range []string{Cycles, Instructions} {
		if got, ok := s.Counts[key]; ok && got < n {
			t.Errorf("%s: %v for %d system calls, want more", key, got, 5*n)
		}
	}
}

func TestSyscallsAgreeWithStrace(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skipf("strace is not installed: %v", err)
	}
	requireSyscalls(t)
	if out, err := exec.Command(strace, "-f", "true").CombinedOutput(); err != nil {
		t.Skipf("strace does not work on this machine: %v: %s", err, out)
	}
	summary := filepath.Join(t.TempDir(), "strace")
	s, _ := runChild(t, "count", strace, "-f", "-c", "-o", summary)
	text, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	calls := straceCalls(string(text))
	for key, names := range map[string][]string{
		ReadCalls:  {"read", "readv", "recvfrom", "recvmsg"},
		WriteCalls: {"write", "writev", "sendto", "sendmsg"},
	} {
		want := 0.0
		for _, name := range names {
			want += calls[name]
		}
		// strace also counts the few hundred calls at the child's start and end. It may
		// miss a call in which a thread was when strace attached to it.
		if got := s.Counts[key]; want < 10000 || got > want+50 || got < want-500 {
			t.Errorf("%s: counted %v, but %v according to strace:\n%s", key, got, want, text)
		}
	}
}

// straceCalls returns how often each system call was made, from the summary that
// strace -c writes. Its columns are: % time, seconds, usecs/call, calls, errors
// (which may be empty), name.
func straceCalls(summary string) map[string]float64 {
	calls := map[string]float64{}
	for line := range strings.Lines(summary) {
		if f := strings.Fields(line); len(f) >= 5 {
			if n, err := strconv.ParseFloat(f[3], 64); err == nil {
				calls[f[len(f)-1]] = n
			}
		}
	}
	return calls
}
