package usage

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

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
