package paired

import (
	"cmp"
	"math"
	"slices"
)

// exactLimit is the largest number of pairs for which the distribution of the
// signed-rank statistic is enumerated. For more pairs, it is close to normal.
const exactLimit = 50

// PValue returns the two-sided p-value of the hypothesis that the ratio new/old is
// 1, where old[i] and new[i] are a pair. It is that of the signed-rank test of
// Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1
// (1945), 80–83, for the log ratios.
//
// As in Wilcoxon's paper, pairs of equal values are left out, and log ratios of
// equal size share the mean of their ranks. Up to 50 pairs, the p-value is exact,
// also with such ties. For more pairs, it is that of the normal distribution with
// the same mean and variance, with a correction of one half for continuity.
//
// PValue returns 1 if all pairs are equal, and if a value is negative or not
// finite. A zero beside another value is the largest difference that there is.
func PValue(old, new []float64) float64 {
	d, ok := logRatios(old, new)
	if !ok {
		return 1
	}
	d = slices.DeleteFunc(d, func(v float64) bool { return v == 0 })
	ranks := doubledRanks(d)
	positive, total := 0, 0
	for i, r := range ranks {
		total += r
		if d[i] > 0 {
			positive += r
		}
	}
	smaller := min(positive, total-positive)
	if len(ranks) <= exactLimit {
		return min(1, 2*sum(distribution(ranks)[:smaller+1]))
	}
	variance := 0.0
	for _, r := range ranks {
		variance += float64(r*r) / 4
	}
	distance := max(0, float64(total)/2-float64(smaller)-1) // 1 is one half, doubled
	return math.Erfc(distance / math.Sqrt(2*variance))
}

// doubledRanks sorts d by size without sign, and returns the ranks of its elements
// times two, which are integers also where elements of the same size share a rank.
func doubledRanks(d []float64) []int {
	slices.SortFunc(d, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	ranks := make([]int, len(d))
	for i := 0; i < len(d); {
		end := i + 1
		for end < len(d) && tied(d[i], d[end]) {
			end++
		}
		for j := i; j < end; j++ {
			ranks[j] = i + 1 + end
		}
		i = end
	}
	return ranks
}

// tied reports whether two log ratios have the same size, apart from what
// logarithms lose in rounding.
func tied(a, b float64) bool {
	a, b = math.Abs(a), math.Abs(b)
	return a == b || math.Abs(a-b) < 1e-12
}

// distribution returns the probability of each possible sum of those ranks whose
// log ratio is positive, if each is positive with a probability of one half.
func distribution(ranks []int) []float64 {
	total := 0
	for _, r := range ranks {
		total += r
	}
	p := make([]float64, total+1)
	p[0] = 1
	reached := 0
	for _, r := range ranks {
		reached += r
		for s := reached; s >= 0; s-- {
			p[s] /= 2
			if s >= r {
				p[s] += p[s-r] / 2
			}
		}
	}
	return p
}

// cutoff returns the largest k for which the signed-rank statistic of n pairs is k
// or less with a probability of tail at most. It returns false if there is none.
func cutoff(n int, tail float64) (k int, ok bool) {
	if n > exactLimit {
		count := float64(n)
		mean := count * (count + 1) / 4
		deviation := math.Sqrt(count * (count + 1) * (2*count + 1) / 24)
		quantile := math.Sqrt2 * math.Erfinv(1-2*tail)
		k = int(math.Floor(mean - quantile*deviation - 0.5))
		return k, k >= 0
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	k = -1
	below := 0.0
	for _, p := range distribution(ranks) {
		below += p
		if below > tail {
			break
		}
		k++
	}
	return k, k >= 0
}

func sum(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}
