//go:build unix

package usage

import (
	"runtime"
	"syscall"
	"time"
)

// readProcess adds what getrusage(2) tells, which is for all threads.
func readProcess(s *Snapshot) {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return
	}
	s.Counts[User] = nanoseconds(r.Utime)
	s.Counts[System] = nanoseconds(r.Stime)
	s.Counts[Voluntary] = float64(r.Nvcsw)
	s.Counts[Involuntary] = float64(r.Nivcsw)
	s.Counts[MinorFaults] = float64(r.Minflt)
	s.Counts[MajorFaults] = float64(r.Majflt)
	switch runtime.GOOS {
	case "darwin", "ios":
		s.Levels[PeakRSS] = float64(r.Maxrss) // in bytes
	case "linux", "android", "freebsd", "netbsd", "openbsd", "dragonfly":
		s.Levels[PeakRSS] = float64(r.Maxrss) * 1024 // in KiB
	}
}

func nanoseconds(t syscall.Timeval) float64 { return float64(time.Duration(t.Nano())) }
