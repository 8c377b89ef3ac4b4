package child

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
)

var openFilesLimit = regexp.MustCompile(`(?m)^Max open files +(\d+)`)

// condition describes what keeps a process from serving, or returns "".
func condition(pid int) string {
	if stopped(pid) {
		return "is stopped (SIGSTOP, or a debugger)"
	}
	files := openFiles(pid)
	limits, _ := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	match := openFilesLimit.FindSubmatch(limits)
	if match == nil {
		return ""
	}
	if limit, err := strconv.Atoi(string(match[1])); err == nil && files >= limit {
		return fmt.Sprintf("has %d file descriptors open, and its limit is %d", files, limit)
	}
	return ""
}

// stopped reports whether a process is stopped.
func stopped(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	// The state follows the name, which is in parentheses and may contain anything.
	_, after, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	return len(after) > 0 && (after[0] == 'T' || after[0] == 't')
}

// openFiles returns how many file descriptors a process has open, or 0 if it has ended.
func openFiles(pid int) int {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return len(files)
}

// resident returns how many bytes of a process are resident, or 0 if it has ended. See
// /proc/pid/statm in proc(5).
func resident(pid int) int {
	var size, pages int
	statm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	fmt.Sscan(string(statm), &size, &pages)
	return pages * os.Getpagesize()
}
