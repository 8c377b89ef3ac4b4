//go:build !unix

package fdlimit

// Check returns nil: this platform has no limit that could be read.
func (n Need) Check() error { return nil }

// CheckChild returns nil, like Check.
func (n Need) CheckChild() error { return nil }
