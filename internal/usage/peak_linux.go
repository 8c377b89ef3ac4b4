package usage

import (
	"os"
	"strconv"
	"strings"
)

// peakRSS reads VmHWM. The ru_maxrss of getrusage(2) would be wrong: it is never
// less than what the process that called execve(2) had resident.
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

// ResetPeak makes PeakRSS count from now on, and says whether it does: without
// it a process reports the most it ever used, in an earlier benchmark perhaps.
func ResetPeak() bool { return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil }
