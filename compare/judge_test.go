package compare

import (
	"fmt"
	"math"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// directions of the units in these tests.
var directions = map[string]string{"ns/op": "lower", "ops/s": "higher", "B/op": "lower", "allocs/op": "lower", "p99-ns": "lower"}

// wobble has n log ratios of mean 0, about as far from it as the given deviation.
func wobble(n int, deviation float64) []float64 {
	d := make([]float64, n)
	for i := range d {
		d[i] = deviation * math.Sin(float64(7*i+3))
	}
	return d
}

// measured returns a series of one unit in which new and placebo are the given
// ratios of old, with noise, while the machine slows down to half its speed.
func measured(unit string, rounds int, change, placebo, noise float64) series {
	s := series{benchmark: "BenchmarkX"}
	news, placebos := wobble(rounds, noise), wobble(rounds+1, noise)[1:]
	for i := range rounds {
		old := 1000 * (1 + float64(i)/float64(rounds))
		s.rounds = append(s.rounds, round{
			old:     map[string]float64{unit: old},
			new:     map[string]float64{unit: old * change * math.Exp(news[i])},
			placebo: map[string]float64{unit: old * placebo * math.Exp(placebos[i])},
		})
	}
	return s
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name            string
		unit            string
		rounds          int
		change, placebo float64
		noise           float64
		want            Verdict
	}{
		{"a longer time", "ns/op", 20, 1.2, 1, 0.01, Slower},
		{"a shorter time", "ns/op", 20, 0.8, 1, 0.01, Faster},
		{"a higher rate", "ops/s", 20, 1.2, 1, 0.01, Faster},
		{"a lower rate", "ops/s", 20, 0.8, 1, 0.01, Slower},
		{"no change", "ns/op", 20, 1, 1, 0.01, Same},
		{"a clear change within the tolerance", "ns/op", 20, 1.02, 1, 0.005, Same},
		{"a clear change across the tolerance", "ns/op", 20, 1.05, 1, 0.01, Slower},
		{"a change too small for the noise", "ns/op", 10, 1.02, 1, 0.08, Unclear},
		{"too few rounds", "ns/op", 5, 2, 1, 0.01, Unclear},
		{"too few rounds without noise", "ns/op", 5, 2, 1, 0, Unclear},
		{"the placebo moves", "ns/op", 20, 1, 1.1, 0.01, Unmeasurable},
		{"the placebo moves as the change does", "ns/op", 20, 1.1, 1.1, 0.01, Unmeasurable},
		{"the placebo moves, and the change is in the other direction", "ns/op", 20, 0.95, 1.1, 0.01, Unmeasurable},
		{"the placebo moves, but the change is larger", "ns/op", 20, 1.5, 1.1, 0.01, Slower},
		{"the placebo moves, but the change in the other direction is larger", "ns/op", 20, 0.5, 1.1, 0.01, Faster},
		{"much noise", "ns/op", 20, 1, 1, 0.3, Unmeasurable},
		{"much noise and a large change", "ns/op", 20, 2, 1, 0.3, Slower},
	} {
		rows := judge([]series{measured(c.unit, c.rounds, c.change, c.placebo, c.noise)}, directions, Config{})
		if len(rows) != 1 || rows[0].Verdict != c.want || rows[0].Rounds != c.rounds {
			t.Errorf("%s: the rows are %+v, want one of %d rounds that is %s", c.name, rows, c.rounds, c.want)
		}
	}
}

func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		tolerance float64
		want      Verdict
	}{
		{0, Slower}, // the default, 0.05
		{0.05, Slower},
		{0.15, Same},
	} {
		rows := judge([]series{measured("ns/op", 20, 1.1, 1, 0.01)}, directions, Config{Tolerance: c.tolerance})
		if rows[0].Verdict != c.want {
			t.Errorf("a change of 10%% with a tolerance of %v is %s, want %s", c.tolerance, rows[0].Verdict, c.want)
		}
	}
}

// TestRatioIgnoresDrift: the ratio is that of pairs, although the medians and all
// samples drift by much more.
func TestRatioIgnoresDrift(t *testing.T) {
	row := judge([]series{measured("ns/op", 20, 1.1, 1, 0.001)}, directions, Config{})[0]
	if math.Abs(row.Ratio.Ratio-1.1) > 0.001 || row.Ratio.Low < 1.098 || row.Ratio.High > 1.102 {
		t.Errorf("the ratio is %v, want 1.1 within 0.002", row.Ratio)
	}
	if math.Abs(row.Placebo.Ratio-1) > 0.001 || math.Abs(row.Old-1475) > 1 || math.Abs(row.New/row.Old-1.1) > 0.01 {
		t.Errorf("the placebo is %v and the medians are %v and %v, want 1, 1475 and 1.1 times that", row.Placebo, row.Old, row.New)
	}
}

// TestDiscoveries: the more rows there are, the stronger the evidence for one
// change must be.
func TestDiscoveries(t *testing.T) {
	testkit.Simulation(t)
	for _, c := range []struct {
		others, rounds int
		want           Verdict
	}{
		{0, 8, Slower},
		{200, 8, Unclear},
		{200, minRounds, Slower},
		{5000, minRounds, Slower},
	} {
		all := []series{measured("ns/op", c.rounds, 1.2, 1, 0.01)}
		for i := range c.others {
			other := measured("ns/op", 10, 1, 1, 0.02)
			other.benchmark = fmt.Sprint("BenchmarkOther", i)
			all = append(all, other)
		}
		if row := judge(all, directions, Config{})[0]; row.Verdict != c.want || row.Benchmark != "BenchmarkX" {
			t.Errorf("%d rounds and %d other rows: %s is %s, want BenchmarkX to be %s", c.rounds, c.others, row.Benchmark, row.Verdict, c.want)
		}
	}
}
