package paired

import "math"

// Rounds are samples that were taken next to each other, in random order: in each
// round one sample of the new build, which is the first, and one of each copy of the
// old build. There are at least two samples in each round.
//
// The copies together are a better reference than a single one: with two, the
// interval is about 15% narrower than that of pairs. To compare the new sample with
// the mean of the copies by the signed-rank test would be wrong. That test needs
// differences which are as often positive as negative, whereas a sample that is far
// too slow is one of the copies twice as often as it is the new one.
//
// The test is therefore that of Hodges and Lehmann, "Rank methods for combination of
// independent experiments in analysis of variance", Annals of Mathematical Statistics
// 33 (1962), 482–497. It subtracts the mean of its round from each log value, and
// ranks all of them together. If the builds do not differ, the rank of the new build
// in a round is any of the round's ranks with the same probability, because the order
// is random; nothing else is assumed. With one copy, this is nearly the signed-rank
// test.
type Rounds [][]float64

// minRounds is how many independent rounds an interval needs.
const minRounds = 6

// Estimate returns the ratio of the new build to the old one and its confidence
// interval. The confidence is a number such as 0.95.
//
// The interval contains the ratios by which the new samples can be divided without
// the test rejecting that the builds are equal. The ratio is the one with which the
// ranks of the new build are just what is expected of equal builds.
//
// A round of zeros counts as equal samples. A zero beside another value is the
// largest difference that there is, and the result may be 0 or +Inf.
//
// Estimate returns false if there is no interval. Then Low is 0 and High is +Inf.
// This is so with fewer than 6 rounds, or if a value is negative or not finite, in
// which case Ratio is NaN.
func (r Rounds) Estimate(confidence float64) (Interval, bool) {
	return Groups{Rounds: r}.Estimate(confidence)
}

// PValue returns the two-sided p-value of the hypothesis that the builds do not
// differ. Up to 50 rounds it is exact, given the ranks in each round. For more
// rounds, it is that of the normal distribution. It is 1 if all samples are equal,
// and if a value is negative or not finite.
func (r Rounds) PValue() float64 { return Groups{Rounds: r}.PValue() }

// zeroLog stands for the logarithm of 0. The exponential of it, or of its half, is 0.
const zeroLog = -1e4

// logs returns the logarithms of all samples. It returns false if a value is negative
// or not finite.
func (r Rounds) logs() (logs [][]float64, ok bool) {
	logs = make([][]float64, len(r))
	for i, samples := range r {
		logs[i] = make([]float64, len(samples))
		for j, v := range samples {
			if !valid(v) {
				return nil, false
			}
			if logs[i][j] = zeroLog; v > 0 {
				logs[i][j] = math.Log(v)
			}
		}
	}
	return logs, true
}
