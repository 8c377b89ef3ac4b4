//go:build unix

package usage

import (
	"syscall"
	"time"
)

// readProcess adds the figures of getrusage(2), which cover all threads.
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
	if bytes := peakRSS(int64(r.Maxrss)); bytes > 0 {
		s.Levels[PeakRSS] = bytes
	}
}

func nanoseconds(t syscall.Timeval) float64 { return float64(time.Duration(t.Nano())) }
