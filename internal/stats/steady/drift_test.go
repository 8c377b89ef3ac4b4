package steady

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// drifting returns the share of the samples that drift.
func drifting(p process, n, count int) float64 {
	found := 0
	samples(p, n, count, func(r *Report) {
		if r.Drifts {
			found++
		}
	})
	return float64(found) / float64(count)
}

// TestFalseAlarms counts how many samples of a steady state are said to drift. The
// level is 1%. It is kept if each part of the sample is long compared with the
// correlation, which reaches over some hundred arrivals in a queue at 90% load. The quick
// test finds a level of 10%, and the long one that of 5%.
func TestFalseAlarms(t *testing.T) {
	testkit.Simulation(t)
	count := testkit.Times(60, 200)
	for _, c := range []struct {
		name  string
		p     process
		n     int
		share float64
	}{
		{"independent", white, 1000, 0.01},
		{"independent", white, 10000, 0.01},
		{"correlation 0.9", autoregressive(0.9), 2000, 0.015},
		{"correlation 0.9", autoregressive(0.9), 10000, 0.01},
		{"correlation 0.99", autoregressive(0.99), 10000, 0.01},
		{"M/M/1 at 50%", queue(0.5), 10000, 0.01},
		{"M/M/1 at 80%", queue(0.8), 10000, 0.01},
		{"M/M/1 at 90%", queue(0.9), 20000, 0.01},
		{"M/M/1 at 95%", queue(0.95), 20000, 0.015},
		{"20 stalls", stalls(white, 500, 50), 10000, 0.01},
	} {
		got := drifting(c.p, c.n, count)
		t.Logf("%s, %d arrivals: %.1f%%", c.name, c.n, 100*got)
		if limit := c.share + 3*math.Sqrt(c.share*(1-c.share)/float64(count)); got > limit {
			t.Errorf("%s, %d arrivals: %.1f%% of the steady samples drift, want %.1f%% at most", c.name, c.n, 100*got, 100*limit)
		}
	}
}

// TestPower counts how many samples that are not from a steady state are found.
func TestPower(t *testing.T) {
	testkit.Simulation(t)
	count := testkit.Times(40, 100)
	for _, c := range []struct {
		name string
		p    process
		n    int
		min  float64
	}{
		{"step of 1.2", step(white, 1.2), 1000, 0.6},
		{"step of 1.2", step(white, 1.2), 5000, 0.95},
		{"ramp to 1.5", ramp(white, 1.5), 1000, 0.85},
		{"ramp to 1.5, correlation 0.9", ramp(autoregressive(0.9), 1.5), 20000, 0.9},
		{"ramp to 3, M/M/1 at 80%", ramp(queue(0.8), 3), 20000, 0.8},
		{"warming from 2", warming(white, 2), 1000, 0.9},
		{"warming from 5, M/M/1 at 50%", warming(queue(0.5), 5), 5000, 0.9},
		{"overload by 5%", queue(1.05), 20000, 0.95},
		{"overload by 20%", queue(1.2), 1000, 0.95},
	} {
		got := drifting(c.p, c.n, count)
		t.Logf("%s, %d arrivals: %.1f%%", c.name, c.n, 100*got)
		if got < c.min {
			t.Errorf("%s, %d arrivals: %.1f%% of the drifting samples are found, want %.1f%% at least", c.name, c.n, 100*got, 100*c.min)
		}
	}
}

func TestRatio(t *testing.T) {
	testkit.Simulation(t)
	count := testkit.Times(25, 100)
	mean := func(p process) float64 {
		sum := 0.0
		samples(p, 10000, count, func(r *Report) { sum += math.Log(r.Ratio) })
		return math.Exp(sum / float64(count))
	}
	if got := mean(step(white, 2)); math.Abs(got-2) > 0.01 {
		t.Errorf("after a step of 2 the ratio is %.3f", got)
	}
	// A ramp is compared from the middle of the first fifth to that of the last half.
	if got, want := mean(ramp(white, 2)), math.Pow(2, 0.65); math.Abs(got-want) > 0.01 {
		t.Errorf("in a ramp to 2 the ratio is %.3f, want %.3f", got, want)
	}
}

// TestLevel checks the 1% of critical with parts that are independent.
func TestLevel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const count = 20000
	found := 0
	means := make([]float64, parts)
	for range count {
		for i := range means {
			means[i] = random.NormFloat64()
		}
		if differs(means) {
			found++
		}
	}
	if got := float64(found) / count; math.Abs(got-0.01) > 0.002 {
		t.Errorf("the ends of %.2f%% of the samples differ by chance, want 1%%", 100*got)
	}
}

func TestConstantResponseTimes(t *testing.T) {
	constant := func(_ *rand.Rand, n int) []float64 { return slices.Repeat([]float64{5e4}, n) }
	samples(constant, 1000, 1, func(r *Report) {
		if r.Drifts || r.Ratio != 1 || r.Independent(0.99) != 1000 {
			t.Errorf("drifts: %v, ratio %v, %d independent, want no drift, 1 and 1000", r.Drifts, r.Ratio, r.Independent(0.99))
		}
	})
}
