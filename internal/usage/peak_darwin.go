package usage

// peakRSS is getrusage's figure, which is in bytes on macOS.
func peakRSS(maxrss int64) float64 { return float64(maxrss) }

// ResetPeak is not possible here.
func ResetPeak() bool { return false }
