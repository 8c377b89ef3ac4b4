//go:build !linux

package usage

// ResetPeak is not possible here.
func ResetPeak() bool { return false }
