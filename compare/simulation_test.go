package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// A bench simulates benchmarks on a machine whose speed drifts, and on which one
// run in ten is far too slow.
type bench struct {
	*rand.Rand
	speed float64 // logarithm of how slow the machine is at present
}

func (b *bench) run(quiet float64) float64 {
	b.speed = 0.95*b.speed + 0.02*b.NormFloat64()
	noise := 0.02 * b.NormFloat64()
	if b.IntN(10) == 0 {
		noise += b.ExpFloat64()
	}
	return quiet * math.Exp(b.speed+noise)
}

// series runs old, new and placebo in random order in each round. New takes
// change times as long as old.
func (b *bench) series(name string, rounds int, change float64) series {
	s := series{benchmark: name}
	quiet := []float64{1000, 1000 * change, 1000} // old, new and placebo
	for range rounds {
		var values [3]map[string]float64
		for _, i := range b.Perm(3) {
			values[i] = map[string]float64{"ns/op": b.run(quiet[i])}
		}
		s.rounds = append(s.rounds, round{values[0], values[1], values[2]})
	}
	return s
}

// matrix judges 125 benchmarks, of which the first few take change times as long.
// Their names begin with "changed".
func (b *bench) matrix(changed int, change float64) *Result {
	const benchmarks, rounds = 125, 25
	var all []series
	for i := range benchmarks {
		if i < changed {
			all = append(all, b.series(fmt.Sprint("changed", i), rounds, change))
		} else {
			all = append(all, b.series(fmt.Sprint("equal", i), rounds, 1))
		}
	}
	return &Result{Rows: judge(all, directions, Config{}), Rounds: rounds}
}

// maxShare is the largest share that a simulation may show if the true share is p.
func maxShare(p float64, trials int) float64 { return p + 3*math.Sqrt(p*(1-p)/float64(trials)) }

// TestMatrixAgainstItself checks the promises if nothing has changed: at 95%, one
// row in twenty differs. After adjustment, one matrix in twenty has any such row.
func TestMatrixAgainstItself(t *testing.T) {
	testkit.Simulation(t)
	matrices := testkit.Times(10, 160)
	b := &bench{Rand: rand.New(rand.NewPCG(5, 5))}
	rows, alarms, rejected, called, wrong := 0, 0, 0, 0, 0
	for range matrices {
		r := b.matrix(0, 1)
		counts := r.tally("ns/op")
		rows, alarms, rejected = rows+counts.rows, alarms+counts.placebo, rejected+counts.new
		if n := r.count(Slower) + r.count(Faster); n > 0 {
			wrong, called = wrong+1, called+n
		}
	}
	t.Logf("%d rows: the placebo differs at 95%% in %.1f%%, new in %.1f%%; %d of %d matrices have a row that is called slower or faster, %d rows together",
		rows, 100*float64(alarms)/float64(rows), 100*float64(rejected)/float64(rows), wrong, matrices, called)
	if limit := maxShare(0.05, rows) * float64(rows); float64(alarms) > limit || float64(rejected) > limit {
		t.Errorf("in %d rows the placebo differs at 95%% in %d, new in %d, want %.0f at most", rows, alarms, rejected, limit)
	}
	if limit := maxShare(0.05, matrices) * float64(matrices); float64(wrong) > limit {
		t.Errorf("%d of %d matrices have rows that are called slower or faster, want %.0f at most", wrong, matrices, limit)
	}
}

// TestMatrixWithChanges checks how many of the rows that are called slower or
// faster are equal, and how many of the changed ones are found.
func TestMatrixWithChanges(t *testing.T) {
	testkit.Simulation(t)
	const changed = 10
	matrices := testkit.Times(3, 40)
	for _, change := range []float64{1.1, 0.9} {
		b := &bench{Rand: rand.New(rand.NewPCG(6, 6))}
		found, wrong := 0, 0
		for range matrices {
			for _, row := range b.matrix(changed, change).Rows {
				switch {
				case row.Verdict != Slower && row.Verdict != Faster:
				case row.Benchmark[0] == 'c' && (row.Verdict == Slower) == (change > 1):
					found++
				default:
					wrong++
				}
			}
		}
		all := found + wrong
		t.Logf("a change to %v: %.0f%% are found; %.1f%% of what is found is wrong", change, 100*float64(found)/float64(matrices*changed), 100*float64(wrong)/float64(all))
		if limit := maxShare(0.05, all) * float64(all); float64(wrong) > limit {
			t.Errorf("a change to %v: %d of %d findings are wrong, want %.0f at most", change, wrong, all, limit)
		}
		if found < 6*matrices*changed/10 {
			t.Errorf("a change to %v: %d of %d are found, want 60%% at least", change, found, matrices*changed)
		}
	}
}

// TestEquivalence checks how often a change that is just larger than the tolerance
// is called the same: no more often than one side of the interval is wrong.
func TestEquivalence(t *testing.T) {
	testkit.Simulation(t)
	const rounds = 40
	trials := testkit.Times(300, 1500)
	b := &bench{Rand: rand.New(rand.NewPCG(7, 7))}
	same := 0
	for range trials {
		if judge([]series{b.series("X", rounds, 1.0501)}, directions, Config{})[0].Verdict == Same {
			same++
		}
	}
	t.Logf("a change of 5.01%% is called the same in %.1f%%", 100*float64(same)/float64(trials))
	if limit := maxShare(0.025, trials) * float64(trials); float64(same) > limit {
		t.Errorf("a change of 5.01%% is called the same in %d of %d, want %.0f at most", same, trials, limit)
	}
}
