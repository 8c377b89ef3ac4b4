package usage

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// procStatus returns the sum of a field over the status files of all threads in
// /proc, which are a source independent of getrusage(2).
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

// procStat returns the page faults of this process and its processor time in ticks,
// from /proc/self/stat.
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

// switchThreads makes two OS threads wait for each other n times, over two pipes.
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
	// Unlike /proc, getrusage counts threads that have ended. The first call makes
	// sure that both goroutines have their threads before the measurement.
	switchThreads(t, 100)
	before, procBefore := Read(), procStatus(t, "voluntary_ctxt_switches")
	switchThreads(t, 5000)
	after, procAfter := Read(), procStatus(t, "voluntary_ctxt_switches")
	got, ok := after.Count(before, Voluntary)
	want := procAfter - procBefore
	if !ok || want < 1000 || got < 0.9*want-100 || got > 1.1*want+100 {
		t.Errorf("%v voluntary context switches, but %v according to /proc", got, want)
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
		t.Errorf("%v minor faults, but %v according to /proc, after %d pages were touched", got, want, pages)
	}
	if after.Levels[PeakRSS] < pages*4096 {
		t.Errorf("the peak is %v resident bytes, want at least %d", after.Levels[PeakRSS], pages*4096)
	}
	if !ResetPeak() {
		t.Skip("the kernel does not permit resetting the peak")
	}
	if reset := Read().Levels[PeakRSS]; reset >= after.Levels[PeakRSS] {
		t.Errorf("the peak is %v resident bytes after a reset and %v before, want less after it", reset, after.Levels[PeakRSS])
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
		t.Errorf("%.1f ticks of processor time, but %v according to /proc", got, want)
	}
}
