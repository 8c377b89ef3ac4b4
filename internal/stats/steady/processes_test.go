package steady

import (
	"math"
	"math/rand/v2"
)

// A process makes n response times in nanoseconds.
type process func(r *rand.Rand, n int) []float64

// white makes independent response times.
func white(r *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = 1e5 * math.Exp(r.NormFloat64()/2)
	}
	return values
}

// autoregressive makes response times whose logarithms have the correlation phi from
// one to the next.
func autoregressive(phi float64) process {
	return func(r *rand.Rand, n int) []float64 {
		values := make([]float64, n)
		state := r.NormFloat64()
		for i := range values {
			state = phi*state + math.Sqrt(1-phi*phi)*r.NormFloat64()
			values[i] = 1e5 * math.Exp(state/2)
		}
		return values
	}
}

// queue makes the response times of an M/M/1 queue in its steady state. With a load of 1
// or more it has none, and starts empty.
func queue(load float64) process {
	return func(r *rand.Rand, n int) []float64 {
		values := make([]float64, n)
		wait := 0.0
		if load < 1 && r.Float64() < load {
			wait = r.ExpFloat64() / (1 - load)
		}
		for i := range values {
			service := r.ExpFloat64()
			values[i] = 1e4 * (wait + service)
			wait = max(0, wait+service-r.ExpFloat64()/load)
		}
		return values
	}
}

// stalls adds stalls at random, one in every arrivals on average. Each lasts for length
// arrivals, of which the first waits for all of it.
func stalls(p process, every, length int) process {
	return func(r *rand.Rand, n int) []float64 {
		values := p(r, n)
		rest := 0
		for i := range values {
			if r.IntN(every) == 0 {
				rest = length
			}
			if rest > 0 {
				values[i] += 1e6 * float64(rest)
				rest--
			}
		}
		return values
	}
}

// ramp lets the response times grow evenly by the factor, and step at once in the
// middle.
func ramp(p process, factor float64) process {
	return scaled(p, func(at float64) float64 { return math.Pow(factor, at) })
}

func step(p process, factor float64) process {
	return scaled(p, func(at float64) float64 { return math.Pow(factor, math.Round(at)) })
}

// warming lets the response times begin at the factor and decay to 1.
func warming(p process, factor float64) process {
	return scaled(p, func(at float64) float64 { return math.Pow(factor, math.Exp(-10*at)) })
}

// scaled multiplies a response time at a place from 0 to 1 by a factor.
func scaled(p process, factor func(at float64) float64) process {
	return func(r *rand.Rand, n int) []float64 {
		values := p(r, n)
		for i := range values {
			values[i] *= factor(float64(i) / float64(n))
		}
		return values
	}
}

// samples analyses so many samples of a process, each of n arrivals.
func samples(p process, n, count int, use func(*Report)) {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	t := NewTrace()
	for range count {
		t.Begin(n)
		for i, v := range p(random, n) {
			t.Record(uint64(i), int64(v))
		}
		r := t.Analyse()
		use(&r)
	}
}
