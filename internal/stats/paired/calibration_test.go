package paired

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// share simulates comparisons and returns the share for which happens is true. The
// seed is fixed, so that each run of the tests gives the same share.
func share(kind noise, trials, pairs int, ratio float64, happens func(old, new []float64) bool) float64 {
	random := rand.New(rand.NewPCG(9, uint64(pairs)))
	count := 0
	for range trials {
		m := &machine{Rand: random, noise: kind}
		if happens(m.pairs(pairs, ratio)) {
			count++
		}
	}
	return float64(count) / float64(trials)
}

// simulationError is three standard deviations of a share whose true value is 5%
// or 95%. The fewest trials of the quick tests are 40, and most have 60 or more: they
// find intervals that contain the ratio in 80% rather than 95%, and the long tests
// those that do so in 92%.
func simulationError(trials int) float64 { return 3 * math.Sqrt(0.05*0.95/float64(trials)) }

func differs(old, new []float64) bool { return PValue(old, new) <= 0.05 }

func covers(ratio float64) func(old, new []float64) bool {
	return func(old, new []float64) bool {
		i, ok := Estimate(old, new, 0.95)
		return ok && i.Low <= ratio && ratio <= i.High
	}
}

func TestFalseAlarms(t *testing.T) {
	testkit.Simulation(t)
	trials := testkit.Times(1000, 2000)
	max := 0.05 + simulationError(trials)
	for _, kind := range noises {
		for _, n := range []int{10, 25, 60} {
			got := share(kind, trials, n, 1, differs)
			t.Logf("%s, %d pairs: %.1f%% false alarms", kind.name, n, 100*got)
			if got > max {
				t.Errorf("%s, %d pairs: %.1f%% false alarms, want %.1f%% at most", kind.name, n, 100*got, 100*max)
			}
		}
	}
}

func TestCoverage(t *testing.T) {
	testkit.Simulation(t)
	const ratio = 1.1
	trials := testkit.Times(200, 600)
	min := 0.95 - simulationError(trials)
	for _, kind := range noises {
		for _, n := range []int{10, 25, 60} {
			got := share(kind, trials, n, ratio, covers(ratio))
			t.Logf("%s, %d pairs: the interval contains the ratio in %.1f%%", kind.name, n, 100*got)
			if got < min {
				t.Errorf("%s, %d pairs: the interval contains the ratio in %.1f%%, want %.1f%% at least", kind.name, n, 100*got, 100*min)
			}
		}
	}
}

// TestPower checks how often the test finds a change of 5% and one of 10%. The
// shares depend on the noise. They are somewhat below what the simulation gives,
// and a weaker test than the signed-rank test would miss them.
func TestPower(t *testing.T) {
	testkit.Simulation(t)
	const trials = 500
	for i, want := range []struct{ five, ten float64 }{
		{0.99, 0.99}, // normal
		{0.97, 0.99}, // drifting
		{0.95, 0.99}, // heavy-tailed
		{0.80, 0.85}, // outliers
		{0.30, 0.32}, // bimodal
		{0.70, 0.70}, // rarely bimodal
		{0.30, 0.78}, // drifting, bimodal and heavy-tailed
	} {
		kind := noises[i]
		five, ten := share(kind, trials, 25, 1.05, differs), share(kind, trials, 25, 1.1, differs)
		t.Logf("%s, 25 pairs: 5%% is found in %.0f%%, 10%% in %.0f%%", kind.name, 100*five, 100*ten)
		if five < want.five || ten < want.ten {
			t.Errorf("%s: 5%% is found in %.0f%%, 10%% in %.0f%%, want %.0f%% and %.0f%% at least",
				kind.name, 100*five, 100*ten, 100*want.five, 100*want.ten)
		}
	}
}
