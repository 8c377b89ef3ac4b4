package compare

import (
	"math"
	"slices"

	"github.com/echobench/echobench/internal/stats/paired"
)

// exactly compares two builds in a unit that does not vary, such as allocations per
// operation, for which a rank test is of no use. It returns false if the unit
// varies.
//
// A build's samples do not vary if they differ by one unit in the last place that
// package testing prints, or not at all. Two such builds are equal if their samples
// differ no more than that together, and different if there is a larger gap between
// them. Then the ratio is that of their medians. In between, some samples of both
// were rounded up and some down. They are equal if the rank test finds that to
// happen as often in one as in the other, and otherwise they vary.
//
// Allocations are counted and not rounded, so that a gap of one is a difference.
// Bytes per operation are not: a few bytes that are allocated once can change the
// last digit.
func exactly(unit string, old, new []float64) (Interval, bool) {
	if len(old) < minPairs || !steady(unit, old) || !steady(unit, new) {
		return Interval{}, false
	}
	if slices.Min(old) < 0 || slices.Min(new) < 0 {
		return Interval{}, false // the signs differ, so that there is no ratio
	}
	oldMin, oldMax := slices.Min(old), slices.Max(old)
	newMin, newMax := slices.Min(new), slices.Max(new)
	rounding := resolution(unit, max(oldMax, newMax))
	if unit == "allocs/op" {
		rounding = 0
	}
	equal := Interval{1, 1, 1}
	switch {
	case max(newMin-oldMax, oldMin-newMax) > rounding:
		ratio := paired.Median(new) / paired.Median(old)
		return Interval{ratio, ratio, ratio}, true
	case max(oldMax, newMax)-min(oldMin, newMin) <= rounding:
		return equal, true
	}
	return equal, paired.PValue(old, new) >= significance
}

// steady reports whether the samples differ by rounding only.
func steady(unit string, samples []float64) bool {
	highest := slices.Max(samples)
	return highest-slices.Min(samples) <= resolution(unit, highest)
}

// resolution returns one unit in the last place of a value near v, as package
// testing prints it: B/op and allocs/op are integers, MB/s has two decimals, and
// all others have at least four significant digits, but no more than seven
// decimals. It is a little larger, because decimals are not exact in binary.
func resolution(unit string, v float64) float64 {
	const inexact = 1.001
	switch unit {
	case "B/op", "allocs/op":
		return 1 * inexact
	case "MB/s":
		return 0.01 * inexact
	}
	step := 1.0
	for limit := 999.95; math.Abs(v) < limit && step > 1.5e-7; limit /= 10 {
		step /= 10
	}
	return step * inexact
}
