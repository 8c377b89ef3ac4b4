package steady

import (
	"math"
	"sort"
)

// Needed returns how many independent response times a two-sided 95% confidence
// interval of percentile p needs, where p is a number between 0 and 1: 720 for 0.99
// and 7,223 for 0.999.
//
// The limits of such an interval are order statistics: it begins at the value of some
// rank and ends at that of another, whatever the distribution is (Hahn and Meeker,
// Statistical Intervals (1991), section 5.2). Needed requires that neither limit is one
// of the two most extreme values, because these can be anything: the probability that
// fewer than three of n values lie beyond the percentile is 2.5% at most. With the
// normal approximation of the binomial distribution, the numbers are 725 and 7,289.
// That the interval exists at all would take 368 and 3,688.
func Needed(p float64) int {
	beyond := min(p, 1-p)
	return 3 + sort.Search(math.MaxInt32, func(n int) bool { return fewer(float64(n+3), beyond) <= 0.025 })
}

// fewer returns the probability that fewer than three of n values lie beyond a
// percentile beyond which a value lies with probability q.
func fewer(n, q float64) float64 {
	odds := q / (1 - q)
	return math.Exp(n*math.Log1p(-q)) * (1 + n*odds + n*(n-1)/2*odds*odds)
}

// dispersed is the 95% quantile of the chi-squared distribution with parts-1 = 19
// degrees of freedom, divided by these: what the ratio of variances in Independent
// exceeds by chance in 5% of the samples.
const dispersed = 30.144 / (parts - 1)

// Independent returns how many independent response times would give percentile p, a
// number between 0 and 1, as precisely as those of the report do. It is Count if they are
// independent, and 0 if Judged is false.
//
// How precise the percentile is depends on how much the share of the response times
// beyond it varies. Independent divides Count by the ratio of the variance of that
// share between the parts of the sample to the variance that it would have if the
// response times were independent (the method of batch means). A stall makes a row of
// neighbours slow and so raises the ratio. A ratio that chance explains, by the index of
// dispersion (Fisher, Statistical Methods for Research Workers (1925), section 16), counts
// as 1. If the trace has kept only some of the response times, the result is too
// low rather than too high. If the correlation reaches over a good part of the sample, it
// is up to twice too high.
func (r Report) Independent(p float64) int {
	if !r.Judged {
		return 0
	}
	rank := min(int(p*float64(r.Count)), r.Count-1)
	limit := r.sorted[rank]
	share := beyond(r.sorted, limit)
	ratio := 0.0
	for _, part := range r.parts {
		d := beyond(part, limit) - share
		ratio += d * d * float64(len(part)) / (share * (1 - share)) / (parts - 1)
	}
	if !(ratio > dispersed) { // NaN if all response times are equal
		return r.Count
	}
	return max(1, int(float64(r.Count)/ratio))
}

// beyond returns the share of the values that are limit or more.
func beyond(values []float64, limit float64) float64 {
	n := 0
	for _, v := range values {
		if v >= limit {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

// Enough reports whether there are as many independent response times as percentile p
// needs for its interval.
func (r Report) Enough(p float64) bool { return r.Independent(p) >= Needed(p) }
