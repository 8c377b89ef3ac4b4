package search

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// A system decides whether a trial at a rate keeps the SLO.
type system func(r *rand.Rand, rate float64) Outcome

func outcome(kept bool) Outcome {
	if kept {
		return Kept
	}
	return Broken
}

// sharp keeps the SLO up to the rate, and never above.
func sharp(highest float64) system {
	return func(_ *rand.Rand, rate float64) Outcome { return outcome(rate <= highest) }
}

// noisy has a highest rate that differs from trial to trial by a normal deviate of the
// given share. Some trials fail for another reason.
func noisy(highest, share, lapses float64) system {
	return func(r *rand.Rand, rate float64) Outcome {
		return outcome(r.Float64() >= lapses && rate <= highest*math.Exp(share*r.NormFloat64()))
	}
}

// lopsided is noisy, but the deviations are mostly small and upwards, and sometimes
// large and downwards.
func lopsided(highest, share float64) system {
	return func(r *rand.Rand, rate float64) Outcome {
		gumbel := -math.Log(-math.Log(r.Float64())) + math.Log(math.Ln2) // its median is 0
		return outcome(rate <= highest*math.Exp(-share*gumbel))
	}
}

// queue is an M/M/1 queue that serves the given number of requests a second. A trial sends n requests and
// compares the 99th percentile of their response times with the limit, in seconds.
func queue(served float64, n int, limit float64) system {
	return func(r *rand.Rand, rate float64) Outcome {
		times := make([]float64, n)
		wait := 0.0
		if load := rate / served; r.Float64() < load {
			wait = min(r.ExpFloat64()/max(served-rate, 1e-9), 1) // as in the steady state, if there is one
		}
		for i := range times {
			service := r.ExpFloat64() / served
			times[i] = wait + service
			wait = max(0, wait+service-r.ExpFloat64()/rate)
		}
		slices.Sort(times)
		return outcome(times[n*99/100] <= limit)
	}
}

// highestOfQueue is the rate at which the 99th percentile of the response time equals
// the limit: response times are exponential with the mean 1/(served-rate).
func highestOfQueue(served, limit float64) float64 { return served - math.Log(100)/limit }

// trials makes a Trial of a system, with random numbers from the seed.
func trials(s system, seed uint64) Trial {
	random := rand.New(rand.NewPCG(seed, 0))
	return func(_ context.Context, rate float64) (Outcome, error) { return s(random, rate), nil }
}
