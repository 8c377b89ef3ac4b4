package usage

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// procStatus sums a field of all threads' status in /proc, an independent
// source for what getrusage says.
func procStatus(t *testing.T, field string) (sum float64) {
	t.Helper()
	files, _ := filepath.Glob("/proc/self/task/*/status")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(line, field+":"); ok {
				n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if err != nil {
					t.Fatal(err)
				}
				sum += n
			}
		}
	}
	return sum
}

// procStat reads the process's minor and major faults and CPU ticks.
func procStat(t *testing.T) (minflt, majflt, utime, stime float64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(after)
	number := func(i int) float64 { n, _ := strconv.ParseFloat(f[i], 64); return n }
	return number(7), number(9), number(11), number(12)
}

// switchThreads makes two OS threads wait for each other n times, over a pipe.
func switchThreads(t *testing.T, n int) {
	t.Helper()
	var a, b [2]int
	if err := unix.Pipe(a[:]); err != nil {
		t.Fatal(err)
	}
	if err := unix.Pipe(b[:]); err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		var c [1]byte
		for range n {
			unix.Read(a[0], c[:])
			unix.Write(b[1], c[:])
		}
	})
	var c [1]byte
	for range n {
		unix.Write(a[1], c[:])
		unix.Read(b[0], c[:])
	}
	done.Wait()
	for _, fd := range []int{a[0], a[1], b[0], b[1]} {
		unix.Close(fd)
	}
}

func TestContextSwitchesAgreeWithProc(t *testing.T) {
	// getrusage keeps the counts of threads that ended, /proc does not, so warm
	// up until both workers have their threads.
	switchThreads(t, 100)
	before, procBefore := Read(), procStatus(t, "voluntary_ctxt_switches")
	switchThreads(t, 5000)
	after, procAfter := Read(), procStatus(t, "voluntary_ctxt_switches")
	got, ok := after.Count(before, Voluntary)
	want := procAfter - procBefore
	if !ok || want < 1000 || got < 0.9*want-100 || got > 1.1*want+100 {
		t.Errorf("%v voluntary context switches, /proc counts %v", got, want)
	}
}

func TestPageFaultsAgreeWithProc(t *testing.T) {
	before := Read()
	procBefore, _, _, _ := procStat(t)
	const pages = 4000
	mem, err := unix.Mmap(-1, 0, pages*4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	unix.Madvise(mem, unix.MADV_NOHUGEPAGE)
	for i := 0; i < len(mem); i += 4096 {
		mem[i] = 1
	}
	unix.Munmap(mem)
	procAfter, _, _, _ := procStat(t)
	after := Read()
	got, ok := after.Count(before, MinorFaults)
	want := procAfter - procBefore
	if !ok || want < pages || got < want || got > 1.1*want+200 {
		t.Errorf("%v minor faults, /proc counts %v, %d pages were touched", got, want, pages)
	}
	if after.Levels[PeakRSS] < pages*4096 {
		t.Errorf("peak resident %v bytes, %d were", after.Levels[PeakRSS], pages*4096)
	}
	if !ResetPeak() {
		t.Skip("the peak can't be reset here")
	}
	if reset := Read().Levels[PeakRSS]; reset >= after.Levels[PeakRSS] {
		t.Errorf("peak resident %v bytes after a reset, %v before", reset, after.Levels[PeakRSS])
	}
}

func TestCPUTimeAgreesWithProc(t *testing.T) {
	before := Read()
	_, _, u0, s0 := procStat(t)
	deadline := u0 + s0 + 30 // ticks of 10 ms
	for _, _, u, s := procStat(t); u+s < deadline; _, _, u, s = procStat(t) {
		for range 100000 {
		}
	}
	_, _, u1, s1 := procStat(t)
	after := Read()
	user, _ := after.Count(before, User)
	system, _ := after.Count(before, System)
	got, want := (user+system)/1e7, u1+s1-u0-s0
	if got < want-3 || got > want*1.1+3 {
		t.Errorf("%.1f ticks of CPU time, /proc counts %v", got, want)
	}
}

func TestCountersAgreeWithWhatWasCalled(t *testing.T) {
	missing := MissingCounters()
	for _, m := range missing {
		if m.Key == Syscalls {
			t.Skipf("no syscall counters: %s", m.Why)
		}
	}
	const n = 10000
	c, err := StartCounters(Available(missing))
	if err != nil {
		t.Fatal(err)
	}
	switchThreads(t, n) // 2n reads and 2n writes by two threads
	for range n {
		syscall.Getppid()
	}
	s := Snapshot{Counts: map[string]float64{}}
	if err := c.Stop(&s); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{ReadCalls: 2 * n, WriteCalls: 2 * n, Syscalls: 5 * n} {
		if got := s.Counts[key]; got < want || got > 1.5*want {
			t.Errorf("%s: counted %v, called %v", key, got, want)
		}
	}
	for _, key := range []string{Cycles, Instructions} {
		if got, ok := s.Counts[key]; ok && got < n {
			t.Errorf("%s: %v for %d system calls", key, got, 5*n)
		}
	}
}

// TestMain makes this binary a child that works, and says what it used, when
// the tests below ask for it.
func TestMain(m *testing.M) {
	if os.Getenv("USAGE_CHILD") == "" {
		os.Exit(m.Run())
	}
	var c *Counters
	if keys := Available(MissingCounters()); os.Getenv("USAGE_CHILD") == "count" {
		c, _ = StartCounters(keys)
	}
	t := new(testing.T)
	switchThreads(t, 5000)
	spin(200 * time.Millisecond)
	s := Snapshot{Counts: map[string]float64{}}
	if c != nil {
		c.Stop(&s)
	}
	used := Read()
	for key, n := range s.Counts {
		used.Counts[key] = n
	}
	json.NewEncoder(os.Stdout).Encode(used)
	os.Exit(0)
}

func runChild(t *testing.T, how string, command ...string) (Snapshot, *exec.Cmd) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command = append(command, exe)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "USAGE_CHILD="+how)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", command, err)
	}
	var s Snapshot
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	return s, cmd
}

func TestUsageAgreesWithWait4(t *testing.T) {
	s, cmd := runChild(t, "use")
	r := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	for key, want := range map[string]float64{
		User:        float64(cmd.ProcessState.UserTime()),
		System:      float64(cmd.ProcessState.SystemTime()),
		Voluntary:   float64(r.Nvcsw),
		MinorFaults: float64(r.Minflt),
	} {
		// The child goes on a little after its own look: it encodes and exits.
		if got := s.Counts[key]; got <= 0 || got > want || got < 0.8*want-50e6*b2f(key == User || key == System)-300 {
			t.Errorf("%s: the child says %v, wait4 %v", key, got, want)
		}
	}
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func TestSyscallsAgreeWithStrace(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skipf("no strace to compare with: %v", err)
	}
	for _, m := range MissingCounters() {
		if m.Key == Syscalls {
			t.Skipf("no syscall counters: %s", m.Why)
		}
	}
	if out, err := exec.Command(strace, "-f", "true").CombinedOutput(); err != nil {
		t.Skipf("strace does not work here: %v: %s", err, out)
	}
	summary := filepath.Join(t.TempDir(), "strace")
	s, _ := runChild(t, "count", strace, "-f", "-c", "-o", summary)
	text, err := os.ReadFile(summary)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		// % time, seconds, usecs/call, calls, errors (may be empty), name
		if f := strings.Fields(line); len(f) >= 5 {
			if n, err := strconv.ParseFloat(f[3], 64); err == nil {
				calls[f[len(f)-1]] = n
			}
		}
	}
	for key, names := range map[string][]string{
		ReadCalls:  {"read", "readv", "recvfrom", "recvmsg"},
		WriteCalls: {"write", "writev", "sendto", "sendmsg"},
	} {
		want := 0.0
		for _, name := range names {
			want += calls[name]
		}
		// strace counts the child's start and end too, a few hundred calls, and may
		// miss one that a thread was in when it was attached to.
		if got := s.Counts[key]; want < 10000 || got > want+50 || got < want-500 {
			t.Errorf("%s: counted %v, strace %v:\n%s", key, got, want, text)
		}
	}
}
