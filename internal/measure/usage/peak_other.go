//go:build !linux && !darwin

package usage

// peakRSS returns 0: this platform does not provide the peak.
func peakRSS(int64) float64 { return 0 }

// ResetPeak returns false: this platform cannot reset the peak.
func ResetPeak() bool { return false }
