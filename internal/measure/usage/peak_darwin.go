package usage

// peakRSS returns the ru_maxrss of getrusage(2), which is in bytes on macOS.
func peakRSS(maxrss int64) float64 { return float64(maxrss) }

// ResetPeak returns false: macOS cannot reset the peak.
func ResetPeak() bool { return false }
