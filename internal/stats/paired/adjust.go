package paired

import (
	"cmp"
	"slices"
)

// Adjust returns the p-values adjusted for how many there are, in the order of p.
// If everything with an adjusted p-value of at most q is called a difference, then
// a share of q at most of these differences is false on average, given independent
// or positively dependent tests.
//
// The method is that of Benjamini and Hochberg, "Controlling the false discovery
// rate: a practical and powerful approach to multiple testing", Journal of the
// Royal Statistical Society B 57 (1995), 289–300.
func Adjust(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	adjusted := make([]float64, len(p))
	smallest := 1.0
	for rank := len(p); rank > 0; rank-- {
		i := order[rank-1]
		smallest = min(smallest, p[i]*float64(len(p))/float64(rank))
		adjusted[i] = smallest
	}
	return adjusted
}
