package paired

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// TestGroupsEnumerated compares the p-value with that of trying out which build of each
// group is the new one.
func TestGroupsEnumerated(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		g := Groups{Rounds: make(Rounds, 8), Group: make([]int, 8)}
		for i := range g.Rounds {
			g.Group[i] = 10 * random.IntN(4)
			g.Rounds[i] = []float64{float64(1 + random.IntN(9)), float64(1 + random.IntN(9)), float64(1 + random.IntN(9))}
		}
		logs, _ := g.Rounds.logs()
		ranks := newAligner(logs).ranks(0)
		rankSum := func(choice [4]int) (total int) {
			for i, of := range ranks {
				total += of[choice[g.Group[i]/10]]
			}
			return total
		}
		observed, above, below := rankSum([4]int{}), 0, 0
		for choice := range 81 {
			total := rankSum([4]int{choice % 3, choice / 3 % 3, choice / 9 % 3, choice / 27})
			if total >= observed {
				above++
			}
			if total <= observed {
				below++
			}
		}
		want := min(1, 2*float64(min(above, below))/81)
		if got := g.PValue(); !near(got, want, 1e-9) {
			t.Fatalf("%v: the p-value is %v, want %v", g, got, want)
		}
	}
}

func TestGroupsSmall(t *testing.T) {
	twelve := same(12, 6, 3, 3)
	if i, ok := (Groups{twelve, []int{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1}}).Estimate(0.95); ok || i.Ratio < 1.999 || i.Ratio > 2.001 {
		t.Errorf("five groups: got %v %t, want the ratio 2 without an interval", i, ok)
	}
	if i, ok := (Groups{twelve, []int{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}}).Estimate(0.95); !ok || i.Low < 1.999 || i.High > 2.001 {
		t.Errorf("six groups: got %v %t, want an interval about 2", i, ok)
	}
	if _, ok := (Groups{twelve, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0}}).Share(); ok {
		t.Error("one repeated group: got a share, want none")
	}
	if _, ok := (Groups{same(12, 1, 1, 1), []int{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}}).Share(); ok {
		t.Error("equal samples: got a share, want none")
	}
}

// layouts is how many groups the simulated comparisons have.
const layouts = 16

// grouped returns n rounds in 16 groups. Each group changes the speed of each build by a
// factor whose logarithm has the given standard deviation.
func (m *machine) grouped(n int, ratio, deviation float64) Groups {
	var factors [layouts][3]float64
	for i := range factors {
		for j := range factors[i] {
			factors[i][j] = math.Exp(deviation * m.NormFloat64())
		}
	}
	g := Groups{Rounds: m.rounds(n, ratio), Group: make([]int, n)}
	for i, samples := range g.Rounds {
		g.Group[i] = i % layouts
		for j := range samples {
			samples[j] *= factors[i%layouts][j]
		}
	}
	return g
}

// TestGroupsSimulated logs the table in docs/trust.md: how often an interval excludes 1
// if the builds are equal, its half-width, how often a change of 5% is found, and the
// share of the groups. It checks that there are not too many false alarms, although there
// are if the rounds count as independent.
func TestGroupsSimulated(t *testing.T) {
	testkit.Simulation(t)
	trials := testkit.Times(100, 200)
	if testkit.IsEvery() {
		trials = 500
	}
	max := 0.05 + simulationError(trials)
	for _, deviation := range []float64{0, 0.01, 0.03, 0.3} {
		for _, kind := range noises[:testkit.Times(1, len(noises))] {
			for _, n := range []int{16, 60} {
				m := &machine{Rand: rand.New(rand.NewPCG(9, uint64(n))), noise: kind}
				var alarms, naive, found, width, share float64
				for range trials {
					g := m.grouped(n, 1, deviation)
					i, _ := g.Estimate(0.95)
					alarms += excludes(i) / float64(trials)
					width += math.Log(i.High/i.Low) / 2 / float64(trials)
					of, _ := g.Share()
					share += of / float64(trials)
					i, _ = g.Rounds.Estimate(0.95)
					naive += excludes(i) / float64(trials)
					if m.grouped(n, 1.05, deviation).PValue() <= 0.05 {
						found += 1 / float64(trials)
					}
				}
				t.Logf("groups ±%.0f%%, %s, %d rounds: %.1f%% false alarms (%.1f%% without groups), ±%.1f%%, 5%% is found in %.0f%%, share %.0f%%",
					100*deviation, kind.name, n, 100*alarms, 100*naive, 100*width, 100*found, 100*share)
				if alarms > max {
					t.Errorf("groups ±%v, %s, %d rounds: %.1f%% false alarms, want %.1f%% at most", deviation, kind.name, n, 100*alarms, 100*max)
				}
				if n == 60 && deviation == 0.3 && naive <= max {
					t.Errorf("groups ±%v, %s: only %.1f%% false alarms if rounds count as independent", deviation, kind.name, 100*naive)
				}
			}
		}
	}
}

// excludes returns 1 if the interval excludes the ratio 1, and 0 otherwise.
func excludes(i Interval) float64 {
	if i.Low > 1 || i.High < 1 {
		return 1
	}
	return 0
}

// TestGroupShare: the share of the groups is that of the simulation.
func TestGroupShare(t *testing.T) {
	m := &machine{Rand: rand.New(rand.NewPCG(5, 5)), noise: noises[0]} // of 3%
	for _, c := range []struct{ deviation, min, max float64 }{{0, 0, 0.1}, {0.03, 0.35, 0.6}, {0.3, 0.95, 1}} {
		total := 0.0
		for range 20 {
			share, ok := m.grouped(48, 1.2, c.deviation).Share()
			if !ok {
				t.Fatalf("groups ±%v: no share", c.deviation)
			}
			total += share / 20
		}
		if total < c.min || total > c.max {
			t.Errorf("groups ±%v: the share is %.2f, want %.2f to %.2f", c.deviation, total, c.min, c.max)
		}
	}
}
