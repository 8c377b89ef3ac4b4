// Package paired computes the statistics of samples that were taken next to each
// other: in pairs, such as the times of an old and a new build, or in [Rounds], which
// have several samples of the old build.
//
// Everything is about the logarithms of the ratios new/old, one for each pair. Two
// runs next to each other share most of the machine's drift, and the drift cancels
// in their ratio. The methods use ranks only, so that a few wild samples change
// little. They assume no particular distribution: if the order in each pair is
// random and the two builds do not differ, then a log ratio is as likely to be d
// as -d, and that is all that the test and the interval of pairs need.
//
// All functions are pure and may be called concurrently.
package paired

import (
	"math"
	"slices"
)

// An Interval is an estimate of the ratio new/old. With the confidence that was
// asked for, the ratio lies between Low and High.
type Interval struct{ Ratio, Low, High float64 }

// Estimate returns the ratio new/old and its confidence interval, where old[i] and
// new[i] are a pair. The confidence is a number such as 0.95.
//
// The ratio is the Hodges–Lehmann estimate: the median of all Walsh averages, which
// are the means of two log ratios, each also taken with itself. The interval
// contains the ratios that the signed-rank test does not reject. Both are from
// Hodges and Lehmann, "Estimates of location based on rank tests", Annals of
// Mathematical Statistics 34 (1963), 598–611.
//
// A pair of zeros counts as the ratio 1. A zero beside another value counts as the
// ratio 0 or +Inf, and so may the result.
//
// Estimate returns false if there is no interval of that confidence. Then Low is 0
// and High is +Inf. This is so if there are too few pairs (a confidence of 0.95
// needs 6), or if a value is negative or not finite, in which case Ratio is NaN.
func Estimate(old, new []float64, confidence float64) (Interval, bool) {
	unknown := Interval{Ratio: math.NaN(), High: math.Inf(1)}
	d, ok := logRatios(old, new)
	if !ok || len(d) == 0 {
		return unknown, false
	}
	averages := walsh(d)
	slices.Sort(averages)
	last := len(averages) - 1
	ratio := math.Exp(mean(averages[last/2], averages[(last+1)/2]))
	k, ok := cutoff(len(d), (1-confidence)/2)
	if !ok {
		unknown.Ratio = ratio
		return unknown, false
	}
	return Interval{ratio, math.Exp(averages[k]), math.Exp(averages[last-k])}, true
}

// logRatios returns the logarithm of new/old for each pair. It returns false if a
// value is negative or not finite.
func logRatios(old, new []float64) ([]float64, bool) {
	if len(old) != len(new) {
		panic("paired: old and new have different lengths")
	}
	d := make([]float64, len(old))
	for i := range old {
		if !valid(old[i]) || !valid(new[i]) {
			return nil, false
		}
		if old[i] != new[i] {
			d[i] = math.Log(new[i]) - math.Log(old[i])
		}
	}
	return d, true
}

func valid(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

// walsh returns the mean of each two elements of d, and each element itself.
func walsh(d []float64) []float64 {
	averages := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i, a := range d {
		for _, b := range d[i:] {
			averages = append(averages, mean(a, b))
		}
	}
	return averages
}

// mean returns the mean of a and b. That of -Inf and +Inf is 0, because opposite
// log ratios cancel.
func mean(a, b float64) float64 {
	if a == -b {
		return 0
	}
	return (a + b) / 2
}
