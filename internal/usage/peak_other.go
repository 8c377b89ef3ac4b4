//go:build !linux && !darwin

package usage

// peakRSS is not known here.
func peakRSS(int64) float64 { return 0 }

// ResetPeak is not possible here.
func ResetPeak() bool { return false }
