//go:build !linux

package openloop

// yield does nothing: no portable call lets another thread run.
func yield() {}
