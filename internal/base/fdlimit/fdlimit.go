// Package fdlimit checks the limit on open file descriptors.
package fdlimit

import "os"

// A Need is how many file descriptors a process will open.
type Need struct {
	Who   string // begins the error message, such as "the server needs"
	Files int

	// Idle is for how many idle clients the process opens Each descriptors more.
	Idle, Each int
}

func (n Need) total() int64 { return int64(n.Files) + int64(n.Idle)*int64(n.Each) }

// Open returns how many file descriptors this process has open. ok is false if the
// system does not list them.
func Open() (n int, ok bool) {
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if files, err := os.ReadDir(dir); err == nil {
			return len(files), true
		}
	}
	return 0, false
}
