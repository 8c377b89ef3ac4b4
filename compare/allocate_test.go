package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRoundsTo(t *testing.T) {
	const enough, rounds, maxFurther = 0.02, 16, 84
	for _, c := range []struct {
		name   string
		widths []float64
		want   int
		ok     bool
	}{
		{"none", nil, maxFurther + 1, false},
		{"narrow", []float64{0.01, 0.02}, maxFurther + 1, false},
		{"nearly narrow", []float64{0.03}, 20, true},
		{"wide", []float64{0.06}, 48, true},
		{"too wide", []float64{0.08}, maxFurther + 1, false},
		{"unknown", []float64{math.Inf(1)}, maxFurther + 1, false},
		{"the next of several", []float64{0.01, 0.08, 0.0201, 0.06}, 1, true},
	} {
		if got, ok := roundsTo(c.widths, enough, rounds, maxFurther); got != c.want || ok != c.ok {
			t.Errorf("%s: got %d %t, want %d %t", c.name, got, ok, c.want, c.ok)
		}
	}
}

// TestAllocate: after the rounds that each benchmark has, the budget goes to those
// whose intervals can become narrow enough.
func TestAllocate(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	noise := map[string]float64{"quiet": 0.001, "noisy": 0.06, "hopeless": 0.5}
	f := &fake{value: func(benchmark, _ string) (float64, error) {
		return 1000 * math.Exp(noise[benchmark]*random.NormFloat64()), nil
	}}
	s, _, err := schedule(t, Config{Budget: 5 * time.Minute}, f, "quiet", "noisy", "hopeless")
	if err != nil {
		t.Fatal(err)
	}
	quiet, noisy := s.tasks[0], s.tasks[1]
	if quiet.rounds != minRounds || noisy.rounds <= minRounds || !noisy.finished {
		t.Errorf("got %d rounds of a quiet benchmark and %d of a noisy one, want %d and as many as it needs", quiet.rounds, noisy.rounds, minRounds)
	}
	var rounds []string // those after which every benchmark has had its rounds
	for _, call := range f.calls[3+3*3*minRounds:] {
		benchmark, _, _ := strings.Cut(call, " ")
		rounds = append(rounds, benchmark)
	}
	last := len(rounds) - 1
	for last >= 0 && rounds[last] != "noisy" {
		last--
	}
	if early := slices.Index(rounds, "hopeless"); early < last {
		t.Errorf("the hopeless benchmark has rounds before the noisy one is finished: %v", rounds)
	}
	// With nothing to achieve elsewhere, the hopeless one goes on.
	s, _, err = schedule(t, Config{Budget: 5 * time.Minute}, f, "quiet", "hopeless")
	if quiet, hopeless := s.tasks[0].rounds, s.tasks[1].rounds; quiet != minRounds || hopeless != 83 || err != nil {
		t.Errorf("got %d rounds of a quiet benchmark and %d of a hopeless one, %v, want %d and 83", quiet, hopeless, err, minRounds)
	}
}
