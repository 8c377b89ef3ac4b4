// Package steady analyses the response times of a sample. It reports whether they drift,
// so that the sample is not from a steady state, and how many independent response times
// it has: those of neighbours in a queue are not independent, because they wait for the
// same thing.
//
// While a sample is measured, a [Trace] keeps response times in the order of their
// arrivals. Its memory is bounded, and recording neither allocates nor locks.
package steady

import (
	"math"
	"slices"
)

// maxKept is how many response times a Trace keeps at most.
const maxKept = 1 << 16

// A Trace has the response times of the arrivals of one sample, in the order of the
// arrivals. If there are more than 65,536, it keeps every second, third, and so on of
// their pairs of neighbours, evenly over the whole sample. It takes 256 KiB.
type Trace struct {
	kept  []float32 // in nanoseconds, by place; 0 if there is none
	every uint64    // one pair in this many is kept
}

// NewTrace returns an empty Trace. Begin makes it ready.
func NewTrace() *Trace { return &Trace{kept: make([]float32, 0, maxKept), every: 1} }

// Begin removes all response times and prepares for n arrivals. It does not allocate.
func (t *Trace) Begin(n int) {
	pairs := (uint64(n) + 1) / 2
	t.every = max(1, (pairs+maxKept/2-1)/(maxKept/2))
	t.kept = t.kept[:2*((pairs+t.every-1)/t.every)]
	clear(t.kept)
}

// Record records the response time of arrival i in nanoseconds. i counts from 0, and is
// less than the n of Begin. It may be called for several arrivals at the same time, and
// in any order. Arrivals that got no reply are left out.
func (t *Trace) Record(i uint64, ns int64) {
	if pair := i / 2; pair%t.every == 0 {
		t.kept[pair/t.every*2+i%2] = float32(max(ns, 1))
	}
}

// parts is the number of parts into which the analysis divides a sample. Schmeiser, "Batch size
// effects in the analysis of simulation output", Operations Research 30 (1982),
// 556–568, finds that 10 to 30 serve best: with fewer, their variance is not known
// well enough, and with more, neighbouring parts are correlated.
const parts = 20

// minInPart is how many response times each part must have for a verdict.
const minInPart = 10

// A Report describes what a Trace has recorded.
type Report struct {
	// Count is the number of response times on which the report is based.
	Count int

	// Judged is false if there are too few response times for a verdict. Then Drifts
	// is false, and Ratio and Lag1 are NaN. It takes 10 in each of 20 parts.
	Judged bool

	// Drifts is true if the sample is not from a steady state. Ratio is the geometric
	// mean of the last half of the response times divided by that of the first fifth.
	Drifts bool
	Ratio  float64

	// Lag1 is the correlation, from -1 to 1, of the logarithms of the response times
	// of an arrival and of the next.
	Lag1 float64

	parts  [][]float64 // the response times by part, in the order of the arrivals
	sorted []float64   // all of them
}

// Analyse returns a report on what has been recorded since Begin. Nothing may be
// recorded meanwhile. It takes some milliseconds.
func (t *Trace) Analyse() Report {
	r := Report{Ratio: math.NaN(), Lag1: math.NaN(), parts: t.split(), Judged: true}
	for _, part := range r.parts {
		r.Count += len(part)
		r.Judged = r.Judged && len(part) >= minInPart
	}
	if !r.Judged {
		return r
	}
	r.sorted = slices.Concat(r.parts...)
	slices.Sort(r.sorted)
	r.Lag1 = t.lag1()
	r.Ratio = math.Exp(difference(r.meansOf(math.Log)))
	r.Drifts = math.Abs(math.Log(r.Ratio)) >= math.Log(minDrift) && differs(r.meansOf(r.score))
	return r
}

// split returns the response times in parts of equally many arrivals.
func (t *Trace) split() [][]float64 {
	split := make([][]float64, parts)
	for i := range split {
		for _, v := range t.kept[i*len(t.kept)/parts : (i+1)*len(t.kept)/parts] {
			if v > 0 {
				split[i] = append(split[i], float64(v))
			}
		}
	}
	return split
}

// meansOf returns the mean of f of the response times of each part.
func (r *Report) meansOf(f func(float64) float64) []float64 {
	means := make([]float64, len(r.parts))
	for i, part := range r.parts {
		for _, v := range part {
			means[i] += f(v) / float64(len(part))
		}
	}
	return means
}

// score returns how many of the nine deciles of the sample v exceeds.
func (r *Report) score(v float64) float64 {
	n := 0
	for n < 9 && v > r.sorted[(n+1)*len(r.sorted)/10] {
		n++
	}
	return float64(n)
}

// lag1 returns the correlation within the pairs of neighbours.
func (t *Trace) lag1() float64 {
	var n, x, y, xx, yy, xy float64
	for i := 0; i+1 < len(t.kept); i += 2 {
		if t.kept[i] == 0 || t.kept[i+1] == 0 {
			continue
		}
		a, b := math.Log(float64(t.kept[i])), math.Log(float64(t.kept[i+1]))
		n, x, y, xx, yy, xy = n+1, x+a, y+b, xx+a*a, yy+b*b, xy+a*b
	}
	return (xy - x*y/n) / math.Sqrt((xx-x*x/n)*(yy-y*y/n))
}
