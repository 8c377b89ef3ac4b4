package cells

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A scale is a factor and how it is written.
type scale struct {
	factor float64
	suffix string
}

var (
	seconds = []scale{{1, " s"}, {1e-3, " ms"}, {1e-6, " µs"}, {1e-9, " ns"}}
	numbers = []scale{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}
	amounts = []scale{{1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}, {1, " B"}}
)

// scalesOf returns the scales of a unit, the largest first.
func scalesOf(unit string) []scale {
	numerator, _, _ := strings.Cut(unit, "/")
	switch tokens := strings.Split(numerator, "-"); {
	case slices.Contains(tokens, "sec"):
		return seconds
	case slices.Contains(tokens, "B"):
		return amounts
	}
	return numbers
}

// Format formats a value in a unit with two significant digits, or as a whole number if
// that has more: 14 µs, 8.1 ms, 65k, 164k.
func Format(value float64, unit string) string { return FormatDigits(value, unit, 2) }

// FormatDigits is Format with another number of significant digits.
func FormatDigits(value float64, unit string, n int) string {
	scales := scalesOf(unit)
	if value == 0 {
		return "0"
	}
	size := math.Abs(value)
	for _, s := range scales {
		if size >= s.factor*0.9995 {
			return digits(value/s.factor, n) + s.suffix
		}
	}
	last := scales[len(scales)-1]
	return digits(value/last.factor, n) + last.suffix
}

func digits(v float64, n int) string {
	if math.Abs(v) >= math.Pow(10, float64(n-1)) {
		return fmt.Sprint(math.Round(v))
	}
	return strconv.FormatFloat(v, 'g', n, 64)
}

// Percent formats a Spread, such as ±3%. It is "±∞" if the spread is not known, as
// benchstat writes it.
func Percent(spread float64) string {
	if math.IsInf(spread, 0) {
		return "±∞"
	}
	return fmt.Sprintf("±%.0f%%", 100*spread)
}
