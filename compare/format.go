package compare

import (
	"fmt"
	"math"
)

// ratioText formats an interval in 20 columns at most.
func ratioText(i Interval) string {
	switch {
	case math.IsNaN(i.Ratio):
		return "    ?"
	case math.IsInf(i.Low, 1):
		return "from 0"
	case i.High == 0:
		return "to 0"
	case !i.known():
		return factorText(i.Ratio) + " [?]"
	}
	return fmt.Sprintf("%s [%s, %s]", factorText(i.Ratio), factorText(i.Low), factorText(i.High))
}

// factorText formats a ratio in 5 columns.
func factorText(v float64) string {
	switch {
	case v >= 1e99:
		return "  inf"
	case v < 1e-99:
		return "    0"
	case v < 0.0005 || v >= 99999.5:
		return fmt.Sprintf("%5.0e", v)
	case v >= 999.95:
		return fmt.Sprintf("%5.0f", v)
	case v >= 99.995:
		return fmt.Sprintf("%5.1f", v)
	case v >= 9.9995:
		return fmt.Sprintf("%5.2f", v)
	}
	return fmt.Sprintf("%5.3f", v)
}

// reachText formats how far from 1 an interval reaches in 7 columns at most.
func reachText(i Interval) string {
	switch {
	case !i.known():
		return "?"
	case i.constant():
		return "exact"
	}
	return widthText(max(i.High-1, 1-i.Low))
}

// widthText formats a distance between ratios in 7 columns at most.
func widthText(width float64) string {
	switch percent := 100 * width; {
	case math.IsNaN(percent):
		return "?"
	case percent >= 999.95:
		return ">1000%"
	default:
		return fmt.Sprintf("±%.1f%%", percent)
	}
}

// numberText formats a value in 6 columns with three significant digits, integers below
// 1,000 without decimals, and values below 1 with three decimals.
func numberText(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v):
		return "?"
	case size != 0 && size < 0.0005, size >= 999.5e12:
		return fmt.Sprintf("%.0e", v)
	case size < 0.9995 && size != 0:
		return fmt.Sprintf("%.3f", v)
	case size < 999.5 && v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	}
	suffix := ""
	for _, next := range []string{"k", "M", "G", "T"} {
		if math.Abs(v) < 999.5 {
			break
		}
		v, suffix = v/1000, next
	}
	decimals := 2
	switch size := math.Abs(v); {
	case size >= 99.95:
		decimals = 0
	case size >= 9.995:
		decimals = 1
	}
	return fmt.Sprintf("%.*f%s", decimals, v, suffix)
}

// shareText formats a share in 7 columns.
func shareText(share float64) string {
	if math.IsNaN(share) {
		return "      ?"
	}
	return fmt.Sprintf("%6.0f%%", 100*share)
}
