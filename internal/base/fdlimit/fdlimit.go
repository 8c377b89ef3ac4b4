// Package fdlimit checks the limit on open file descriptors.
package fdlimit

// A Need is how many file descriptors a process will open.
type Need struct {
	Who   string // begins the error message, such as "the server needs"
	Files int

	// Idle is for how many idle clients the process opens Each descriptors more.
	Idle, Each int
}

func (n Need) total() int64 { return int64(n.Files) + int64(n.Idle)*int64(n.Each) }
