package compare

import "math"

// A Row is the result for one unit of one benchmark.
type Row struct {
	Benchmark, Unit string

	// Old and New are the medians of each build's samples, in the unit.
	Old, New float64

	// Ratio is that of new to the old build, of which each round has two samples, old
	// and the placebo. Placebo is the ratio of the placebo to old.
	Ratio, Placebo Interval

	// Rounds is the number of rounds that have the unit for all of them.
	Rounds int

	Verdict Verdict

	// Accepted is the reason why a row may be slower, and until when. It is empty for
	// other rows.
	Accepted string

	// Layout is the share of the variance of a sample, from 0 to 1, that depends on the
	// binary: on where its functions lie. It is NaN if it is not known, because too few
	// rounds had a binary that others had before. Further rounds reduce only the rest.
	Layout float64
}

// An Interval is an estimate of a ratio, which lies between Low and High with a
// confidence of 95%. All three are equal if the samples do not vary. Ratio is +Inf
// if a unit was 0 in the old build only. With fewer than 6 rounds, Low is 0 and High
// is +Inf. Ratio is NaN if there are no samples, or if one of them is negative.
type Interval struct{ Ratio, Low, High float64 }

// within reports whether the whole interval is within 1 ± tolerance.
func (i Interval) within(tolerance float64) bool {
	return within(i.Low, tolerance) && within(i.High, tolerance)
}

// within reports whether the ratio is within 1 ± tolerance. An unknown one is not.
func within(ratio, tolerance float64) bool {
	return ratio >= 1-tolerance && ratio <= 1+tolerance
}

// excludesOne reports whether the interval lies on one side of 1.
func (i Interval) excludesOne() bool { return i.Low > 1 || i.High < 1 }

// known reports whether there were enough samples for an interval.
func (i Interval) known() bool { return !(i.Low == 0 && math.IsInf(i.High, 1)) && !math.IsNaN(i.Ratio) }

// constant reports whether the ratio was 1 without exception, so that no interval
// was needed.
func (i Interval) constant() bool { return i.Low == 1 && i.High == 1 }

// reach returns the distance from 1 to the farther end of the interval, as the
// logarithm of a ratio.
func (i Interval) reach() float64 {
	return max(math.Abs(math.Log(i.Low)), math.Abs(math.Log(i.High)))
}

// beyond reports whether all ratios in the interval, which lies on one side of 1,
// are farther from 1 than all in other.
func (i Interval) beyond(other Interval) bool {
	nearer := min(math.Abs(math.Log(i.Low)), math.Abs(math.Log(i.High)))
	return i.excludesOne() && nearer > other.reach()
}
