package search

import "math"

const (
	// gridStep is the distance of the rates that are distinguished, as a share of the
	// rate.
	gridStep = 0.005

	// lapse is how often a trial fails, or succeeds, for a reason that has nothing to do
	// with the rate, such as another process that used the machine. Without it, one
	// such trial far from the edge would outweigh all others (Wichmann and Hill, "The
	// psychometric function: I", Perception & Psychophysics 63 (2001), 1293–1313).
	lapse = 0.02
)

// widths are the possible widths of the edge: the share of the rate within which the
// probability of keeping the SLO falls from 73% to 50%. All are equally probable
// at first. An edge sharper than 1% is not assumed, because a few trials that
// agree would then seem to prove too much.
var widths = func() (w [8]float64) {
	for i := range w {
		w[i] = 0.01 * math.Pow(40, float64(i)/float64(len(w)-1))
	}
	return w
}()

// An edge is what is known of the highest rate. The probability that a trial keeps the
// SLO is assumed to be a logistic function of the logarithm of the rate with two unknown
// numbers: the highest rate, where it is one half, and the width of the
// edge. For each combination, an edge has the logarithm of its likelihood. At first
// all rates, on a logarithmic scale, are equally probable.
type edge struct {
	rates       []float64              // logarithms of possible highest rates, rising
	likelihoods [][len(widths)]float64 // logarithms, for each rate and width
}

// newEdge returns an edge that may be anywhere between the two rates, or a little
// beyond.
func newEdge(min, max float64) *edge {
	e := &edge{}
	for x := math.Log(min / 2); x <= math.Log(max*2); x += gridStep {
		e.rates = append(e.rates, x)
	}
	e.likelihoods = make([][len(widths)]float64, len(e.rates))
	return e
}

// learn updates the likelihoods with the outcome of a trial.
func (e *edge) learn(rate float64, kept bool) {
	x := math.Log(rate)
	for i, highest := range e.rates {
		for j, width := range widths {
			z := (highest - x) / width
			if !kept {
				z = -z
			}
			e.likelihoods[i][j] += math.Log(lapse + (1-2*lapse)/(1+math.Exp(-z)))
		}
	}
}

// quantile returns the rate below which the highest rate is with probability p.
func (e *edge) quantile(p float64) float64 {
	largest := math.Inf(-1)
	for i := range e.likelihoods {
		for _, l := range e.likelihoods[i] {
			largest = max(largest, l)
		}
	}
	below := make([]float64, len(e.rates)) // the probability up to each rate, times a constant
	sum := 0.0
	for i := range e.likelihoods {
		for _, l := range e.likelihoods[i] {
			sum += math.Exp(l - largest)
		}
		below[i] = sum
	}
	for i, b := range below {
		if b >= p*sum {
			return math.Exp(e.rates[i])
		}
	}
	return math.Exp(e.rates[len(e.rates)-1])
}
