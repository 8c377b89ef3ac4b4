package paired

import (
	"math"
	"math/rand/v2"
)

// A noise is a model of what a machine does to two builds that run next to each
// other. sample returns the factor by which one run is slowed down.
type noise struct {
	name   string
	sample func(m *machine) float64
	drifts bool
}

// A machine produces pairs of samples.
type machine struct {
	*rand.Rand
	noise
	speed float64 // logarithm of how slow the machine is at present
}

var noises = []noise{
	{"normal", func(m *machine) float64 { return 0.03 * m.NormFloat64() }, false},
	{"drifting", func(m *machine) float64 { return 0.03 * m.NormFloat64() }, true},
	{"heavy-tailed", func(m *machine) float64 { return 0.02 * m.NormFloat64() / math.Sqrt(m.Float64()+1e-6) }, false},
	{"outliers", func(m *machine) float64 { return 0.02*m.NormFloat64() + m.sometimes(0.1, m.ExpFloat64()) }, false},
	{"bimodal", func(m *machine) float64 { return 0.02*m.NormFloat64() + m.sometimes(0.5, 0.38) }, false},
	{"rarely bimodal", func(m *machine) float64 { return 0.02*m.NormFloat64() + m.sometimes(0.15, 0.38) }, false},
	{"drifting, bimodal and heavy-tailed", func(m *machine) float64 {
		return 0.02*m.NormFloat64()/math.Sqrt(m.Float64()+1e-6) + m.sometimes(0.3, 0.2)
	}, true},
}

// sometimes returns v with the given probability, and 0 otherwise.
func (m *machine) sometimes(probability, v float64) float64 {
	if m.Float64() < probability {
		return v
	}
	return 0
}

// run returns the time of one run of a build that takes the given time on a quiet
// machine. If the machine drifts, its speed changes by up to a tenth after one run
// in four, and returns slowly to a level that is itself lower than at the start.
func (m *machine) run(quiet float64) float64 {
	if m.drifts {
		m.speed = 0.95*m.speed + 0.01 + m.sometimes(0.25, 0.2*(m.Float64()-0.5))
	}
	return quiet * math.Exp(m.speed+m.sample(m))
}

// pairs returns n pairs of a build that takes 1 and one that takes ratio, in
// random order in each pair.
func (m *machine) pairs(n int, ratio float64) (old, new []float64) {
	old, new = make([]float64, n), make([]float64, n)
	for i := range n {
		if m.IntN(2) == 0 {
			old[i] = m.run(1)
			new[i] = m.run(ratio)
		} else {
			new[i] = m.run(ratio)
			old[i] = m.run(1)
		}
	}
	return old, new
}

// rounds returns n rounds of a build that takes ratio and of two copies of one that
// takes 1, in random order in each round.
func (m *machine) rounds(n int, ratio float64) Rounds {
	rounds := make(Rounds, n)
	for i := range rounds {
		rounds[i] = make([]float64, 3)
		for _, j := range m.Perm(3) {
			if rounds[i][j] = m.run(1); j == 0 {
				rounds[i][j] *= ratio
			}
		}
	}
	return rounds
}
