package paired

import (
	"cmp"
	"math"
	"slices"
)

// An aligner ranks the log values of rounds, of which the new build's is the first.
type aligner struct {
	logs   [][]float64
	places []place
	result alignedRanks
	group  []int        // the number of each round's group
	sums   alignedRanks // of the ranks in each group
}

// A place is a sample with its value relative to the mean of its round.
type place struct {
	value         float64
	round, sample int
}

// alignedRanks are the ranks of the samples of each round, times two, which are
// integers also where equal samples share a rank. If rounds are in groups, they are the
// sums of the ranks of each group.
type alignedRanks [][]int

func newAligner(logs [][]float64) *aligner {
	a := &aligner{logs: logs, result: make(alignedRanks, len(logs))}
	for i, samples := range logs {
		a.result[i] = make([]int, len(samples))
	}
	return a
}

// ranks divides the new samples by the exponential of shift, and ranks all samples.
// The next call changes what it returns.
func (a *aligner) ranks(shift float64) alignedRanks {
	a.places = a.places[:0]
	for i, samples := range a.logs {
		mean := (sum(samples) - shift) / float64(len(samples))
		for j, v := range samples {
			if j == 0 {
				v -= shift
			}
			a.places = append(a.places, place{v - mean, i, j})
		}
	}
	slices.SortFunc(a.places, func(a, b place) int { return cmp.Compare(a.value, b.value) })
	const tied = 1e-9 // what a mean loses in rounding is less
	for i := 0; i < len(a.places); {
		end := i + 1
		for end < len(a.places) && a.places[end].value-a.places[i].value < tied {
			end++
		}
		for _, p := range a.places[i:end] {
			a.result[p.round][p.sample] = i + 1 + end
		}
		i = end
	}
	return a.result
}

// groupSums returns the sums of the ranks in each group. The next call changes what it
// returns.
func (a *aligner) groupSums(shift float64) alignedRanks {
	for _, sums := range a.sums {
		clear(sums)
	}
	for i, ranks := range a.ranks(shift) {
		for j, rank := range ranks {
			a.sums[a.group[i]][j] += rank
		}
	}
	return a.sums
}

// shift returns the largest shift with which the new build's ranks deviate from what
// is expected of equal builds in the way that above reports.
func (a *aligner) shift(above func(deviation float64) bool) float64 {
	const precise = 1e-6
	low, high := math.Inf(1), math.Inf(-1)
	for _, samples := range a.logs {
		low = min(low, samples[0]-slices.Max(samples[1:]))
		high = max(high, samples[0]-slices.Min(samples[1:]))
	}
	low, high = low-precise, high+precise
	for high-low > precise {
		if middle := (low + high) / 2; above(a.groupSums(middle).deviation()) {
			low = middle
		} else {
			high = middle
		}
	}
	if low < 0 && 0 < high {
		return 0 // of equal samples
	}
	return (low + high) / 2
}

// deviation returns how far the ranks of the new build are above what is expected of
// equal builds, in standard deviations.
func (r alignedRanks) deviation() float64 {
	distance, variance := 0.0, 0.0
	for _, ranks := range r {
		total, squares := 0, 0
		for _, rank := range ranks {
			total, squares = total+rank, squares+rank*rank
		}
		n := float64(len(ranks))
		expected := float64(total) / n
		distance += float64(ranks[0]) - expected
		variance += float64(squares)/n - expected*expected
	}
	const rounding = 1e-6
	if math.Abs(distance) < rounding || variance < rounding {
		return 0
	}
	return distance / math.Sqrt(variance)
}

// exact returns the two-sided p-value from the distribution of the sum of the new
// build's ranks, if that is any rank of each round with the same probability.
func (r alignedRanks) exact() float64 {
	p, next := []float64{1}, []float64(nil) // by how much the sum exceeds the least
	excess := 0
	for _, ranks := range r {
		smallest := slices.Min(ranks)
		excess += ranks[0] - smallest
		next = slices.Grow(next[:0], len(p)+slices.Max(ranks)-smallest)[:len(p)+slices.Max(ranks)-smallest]
		clear(next)
		for _, rank := range ranks {
			for i, probability := range p {
				next[i+rank-smallest] += probability / float64(len(ranks))
			}
		}
		p, next = next, p
	}
	return min(1, 2*min(sum(p[:excess+1]), sum(p[excess:])))
}
