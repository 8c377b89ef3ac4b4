package usage

import (
	"os"
	"strconv"
	"strings"
)

// peakRSS returns VmHWM of /proc/self/status, in bytes, or 0 if it cannot be read.
// It does not use ru_maxrss of getrusage(2), which is never less than what was
// resident before execve(2), in the process that started this one.
func peakRSS(maxrss int64) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, _, _ := strings.Cut(after, " kB")
	n, err := strconv.ParseFloat(strings.TrimSpace(kilobytes), 64)
	if err != nil {
		return 0
	}
	return n * 1024
}

// ResetPeak makes PeakRSS the peak from now on, and reports whether that worked.
// Otherwise PeakRSS is the peak since the process started, which may have been in an
// earlier benchmark.
func ResetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }
