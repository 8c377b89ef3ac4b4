package usage

import (
	"os"
	"strconv"
	"strings"
)

// residentAndThreads reads Rss of /proc/self/smaps_rollup, which is exact, whereas
// VmRSS of /proc/self/status lags behind by some pages for each processor. See
// proc_pid_smaps(5) and proc_pid_status(5).
func residentAndThreads() (bytes, threads int) {
	return procField("/proc/self/smaps_rollup", "Rss:") * 1024, procField("/proc/self/status", "Threads:")
}

// procField returns the number that follows the field's name in a file of /proc, or
// 0 if it cannot be read.
func procField(file, name string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "\n"+name)
	line, _, _ := strings.Cut(after, "\n")
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(line), " kB"))
	if err != nil {
		return 0
	}
	return n
}
