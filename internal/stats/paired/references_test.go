package paired

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// shareOfRounds simulates comparisons with two copies of the old build and returns
// the share for which happens is true.
func shareOfRounds(kind noise, trials, rounds int, ratio float64, happens func(Rounds) bool) float64 {
	random := rand.New(rand.NewPCG(9, uint64(rounds)))
	count := 0
	for range trials {
		if happens((&machine{Rand: random, noise: kind}).rounds(rounds, ratio)) {
			count++
		}
	}
	return float64(count) / float64(trials)
}

func TestRoundsFalseAlarms(t *testing.T) {
	testkit.Simulation(t)
	trials := testkit.Times(200, 2000)
	max := 0.05 + simulationError(trials)
	for _, kind := range noises {
		for _, n := range []int{10, 25, 60} {
			got := shareOfRounds(kind, trials, n, 1, func(r Rounds) bool { return r.PValue() <= 0.05 })
			t.Logf("%s, %d rounds: %.1f%% false alarms", kind.name, n, 100*got)
			if got > max {
				t.Errorf("%s, %d rounds: %.1f%% false alarms, want %.1f%% at most", kind.name, n, 100*got, 100*max)
			}
		}
	}
}

func TestRoundsCoverage(t *testing.T) {
	testkit.Simulation(t)
	const ratio = 1.1
	trials := testkit.Times(60, 600)
	min := 0.95 - simulationError(trials)
	for _, kind := range noises {
		for _, n := range []int{6, 10, 25, 60} {
			got := shareOfRounds(kind, trials, n, ratio, func(r Rounds) bool {
				i, ok := r.Estimate(0.95)
				return ok && i.Low <= ratio && ratio <= i.High
			})
			t.Logf("%s, %d rounds: the interval contains the ratio in %.1f%%", kind.name, n, 100*got)
			if got < min {
				t.Errorf("%s, %d rounds: the interval contains the ratio in %.1f%%, want %.1f%% at least", kind.name, n, 100*got, 100*min)
			}
		}
	}
}

// TestRoundsPower checks how often the test finds a change of 5% in 25 rounds. The
// shares are somewhat below what the simulation gives.
func TestRoundsPower(t *testing.T) {
	testkit.Simulation(t)
	trials := testkit.Times(100, 500)
	for i, want := range []float64{0.99, 0.98, 0.98, 0.88, 0.22, 0.68, 0.39} {
		got := shareOfRounds(noises[i], trials, 25, 1.05, func(r Rounds) bool { return r.PValue() <= 0.05 })
		t.Logf("%s, 25 rounds: a change of 5%% is found in %.0f%%", noises[i].name, 100*got)
		if got < want {
			t.Errorf("%s, 25 rounds: a change of 5%% is found in %.0f%%, want %.0f%% at least", noises[i].name, 100*got, 100*want)
		}
	}
}

// A reference is a way to compare the new build with two copies of the old one.
type reference struct {
	name     string
	interval func(Rounds) Interval
}

const (
	chosen  = "ranks, aligned at the mean (Rounds)"
	oneCopy = "signed-rank, one copy"
	ofBoth  = "signed-rank, the mean of both copies"
)

var references = []reference{
	{chosen, func(r Rounds) Interval {
		i, _ := r.Estimate(0.95)
		return i
	}},
	{oneCopy, func(r Rounds) Interval { return r.signedRank(func(old, _ float64) float64 { return old }) }},
	{ofBoth, func(r Rounds) Interval { return r.signedRank(func(a, b float64) float64 { return math.Sqrt(a * b) }) }},
}

// signedRank is the interval of pairs of the new build and what is made of both
// copies.
func (r Rounds) signedRank(of func(a, b float64) float64) Interval {
	var old, new []float64
	for _, samples := range r {
		new, old = append(new, samples[0]), append(old, of(samples[1], samples[2]))
	}
	i, _ := Estimate(old, new, 0.95)
	return i
}

// TestReferences compares ways to use two copies of the old build, and logs the table
// in docs/trust.md. It checks the reasons for the one that was chosen: it is narrower
// than pairs with a single copy, and it contains the ratio as often as it should,
// whereas the interval of the signed-rank test with the mean of both copies does not.
func TestReferences(t *testing.T) {
	testkit.Simulation(t)
	const ratio, rounds = 1.1, 60
	trials := testkit.Times(100, 300)
	min := 0.95 - simulationError(trials)
	half, coverage := map[string]map[string]float64{}, map[string]map[string]float64{}
	for _, kind := range noises {
		half[kind.name], coverage[kind.name] = map[string]float64{}, map[string]float64{}
		for _, reference := range references {
			var widths []float64
			covered := shareOfRounds(kind, trials, rounds, ratio, func(r Rounds) bool {
				i := reference.interval(r)
				widths = append(widths, (i.High-i.Low)/2/i.Ratio)
				return i.Low <= ratio && ratio <= i.High
			})
			half[kind.name][reference.name], coverage[kind.name][reference.name] = Median(widths), covered
			t.Logf("%s: %s: ±%.1f%%, contains the ratio in %.0f%%", kind.name, reference.name, 100*Median(widths), 100*covered)
		}
		if got := coverage[kind.name][chosen]; got < min {
			t.Errorf("%s: the interval contains the ratio in %.1f%%, want %.1f%% at least", kind.name, 100*got, 100*min)
		}
	}
	for _, name := range []string{"normal", "drifting", "heavy-tailed"} {
		if got, pairs := half[name][chosen], half[name][oneCopy]; got > 0.9*pairs {
			t.Errorf("%s: ±%v with two copies, ±%v with one, want less with two", name, got, pairs)
		}
	}
	if got := coverage["outliers"][ofBoth]; got >= min {
		t.Errorf("outliers: the interval of the signed-rank test with the mean of both copies contains the ratio in %.1f%%: it would be as good", 100*got)
	}
	if worst := slices.MinFunc(noises, func(a, b noise) int {
		return int(math.Copysign(1, half[b.name][chosen]/half[b.name][oneCopy]-half[a.name][chosen]/half[a.name][oneCopy]))
	}); half[worst.name][chosen] > 1.2*half[worst.name][oneCopy] {
		t.Errorf("%s: ±%v with two copies, ±%v with one", worst.name, half[worst.name][chosen], half[worst.name][oneCopy])
	}
}

// TestStopByWidth checks the interval if the number of rounds is not fixed, but
// rounds are added until the interval is narrow enough. Its width varies by chance,
// so that it is too narrow where it stops early. The fewer rounds it begins with,
// the more often that happens. The test checks that from 16 rounds on it is within the
// error of this simulation. The long test also logs what happens from 10 rounds on. Only the
// first noises are so small that the rounds end early.
func TestStopByWidth(t *testing.T) {
	testkit.Simulation(t)
	const last, width = 48, 0.015
	trials := testkit.Times(40, 600)
	starts := []int{16}
	if testkit.IsLong() {
		starts = []int{10, 16}
	}
	min := 0.95 - simulationError(trials)
	for _, kind := range noises[:2] {
		for _, first := range starts {
			early := 0
			got := shareOfRounds(kind, trials, last, 1, func(r Rounds) bool {
				n := first
				i, _ := r[:n].Estimate(0.95)
				for ; n < last && i.High-i.Low > 2*width*i.Ratio; i, _ = r[:n].Estimate(0.95) {
					n++
				}
				if n < last {
					early++
				}
				return i.Low <= 1 && 1 <= i.High
			})
			t.Logf("%s, from %d rounds: %d%% end early; the interval contains the ratio in %.1f%%", kind.name, first, 100*early/trials, 100*got)
			if first == 16 && got < min {
				t.Errorf("%s, from %d rounds: the interval contains the ratio in %.1f%%, want %.1f%% at least", kind.name, first, 100*got, 100*min)
			}
		}
	}
}
