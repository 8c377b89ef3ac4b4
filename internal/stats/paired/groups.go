package paired

import "math"

// Groups are rounds of which those in the same group are not independent of each other,
// because they share something that changes the ratio: for example the places where a
// linker has put the functions of their builds. What varies independently is then the
// group. Its rounds count as one, with the sums of their ranks.
//
// Under the hypothesis that the builds do not differ, the sum of the new build is any of
// the group's sums with the same probability. As in [Rounds], nothing else is assumed.
type Groups struct {
	Rounds Rounds
	Group  []int // of each round; nil if all rounds are independent
}

// Estimate is [Rounds.Estimate] with groups. There is no interval with fewer than 6
// groups.
func (g Groups) Estimate(confidence float64) (Interval, bool) {
	unknown := Interval{Ratio: math.NaN(), High: math.Inf(1)}
	logs, ok := g.Rounds.logs()
	if !ok || len(logs) == 0 {
		return unknown, false
	}
	a := g.aligner(logs)
	ratio := math.Exp((a.shift(func(d float64) bool { return d > 0 }) + a.shift(func(d float64) bool { return d >= 0 })) / 2)
	if len(a.sums) < minRounds {
		unknown.Ratio = ratio
		return unknown, false
	}
	quantile := math.Sqrt2 * math.Erfinv(confidence)
	low := a.shift(func(d float64) bool { return d > quantile })
	high := a.shift(func(d float64) bool { return d >= -quantile })
	return Interval{ratio, math.Exp(low), math.Exp(high)}, true
}

// PValue is [Rounds.PValue] with groups.
func (g Groups) PValue() float64 {
	logs, ok := g.Rounds.logs()
	if !ok {
		return 1
	}
	sums := g.aligner(logs).groupSums(0)
	if len(sums) > exactLimit {
		return math.Erfc(math.Abs(sums.deviation()) / math.Sqrt2)
	}
	return sums.exact()
}

// aligner returns an aligner of the rounds, whose places in their groups it numbers.
func (g Groups) aligner(logs [][]float64) *aligner {
	a := newAligner(logs)
	numbers := map[int]int{}
	for i, samples := range logs {
		group := i
		if g.Group != nil {
			group = g.Group[i]
		}
		number, ok := numbers[group]
		if !ok {
			number = len(numbers)
			numbers[group] = number
			a.sums = append(a.sums, make([]int, len(samples)))
		}
		a.group = append(a.group, number)
	}
	return a
}

// minRepeats is how many rounds must be in groups that occurred before, so that what a
// group shares can be told from what differs between its rounds.
const minRepeats = 4

// Share returns how much of the variance of a sample is due to its group, between 0 and
// 1: the intraclass correlation of the ranks, with the builds made equal. It returns
// false if fewer than 4 rounds are in groups that occurred before, or if the samples do
// not vary.
func (g Groups) Share() (share float64, ok bool) {
	logs, ok := g.Rounds.logs()
	if !ok || len(logs) == 0 {
		return 0, false
	}
	a := g.aligner(logs)
	repeats := len(logs) - len(a.sums)
	if len(a.sums) < 2 || repeats < minRepeats {
		return 0, false
	}
	interval, _ := g.Estimate(0.5)
	between, within := a.squares(math.Log(interval.Ratio))
	between /= float64(len(a.sums) - 1)
	within /= float64(repeats)
	if between+within == 0 || math.IsNaN(between+within) {
		return 0, false
	}
	sizes := make([]float64, len(a.sums))
	for _, group := range a.group {
		sizes[group]++
	}
	n, squares := float64(len(logs)), 0.0
	for _, size := range sizes {
		squares += size * size
	}
	size := (n - squares/n) / float64(len(sizes)-1) // of a group, if all were equally large
	return max(0, between-within) / (between + (size-1)*within), true
}

// squares returns the sums of the squared distances of the ranks, for all samples of a
// round: those of the groups' means from the mean, and those of the ranks from the means
// of their groups.
func (a *aligner) squares(shift float64) (between, within float64) {
	ranks := a.ranks(shift)
	for side := range ranks[0] {
		total, sums, sizes := 0.0, make([]float64, len(a.sums)), make([]float64, len(a.sums))
		for i, group := range a.group {
			total += float64(ranks[i][side])
			sums[group] += float64(ranks[i][side])
			sizes[group]++
		}
		overall := total / float64(len(ranks))
		for group, sum := range sums {
			distance := sum/sizes[group] - overall
			between += sizes[group] * distance * distance
		}
		for i, group := range a.group {
			distance := float64(ranks[i][side]) - sums[group]/sizes[group]
			within += distance * distance
		}
	}
	return between, within
}
