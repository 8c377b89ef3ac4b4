package paired

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// same returns n equal rounds.
func same(n int, samples ...float64) Rounds { return slices.Repeat(Rounds{samples}, n) }

func TestRoundsSmall(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name   string
		rounds Rounds
		want   Interval
		ok     bool
		p      float64
	}{
		{"twice as slow", same(6, 6, 3, 3), Interval{2, 2, 2}, true, 2 * math.Pow(1.0/3, 6)},
		{"twice as fast", same(6, 3, 6, 6), Interval{0.5, 0.5, 0.5}, true, 2 * math.Pow(1.0/3, 6)},
		{"equal samples", same(6, 7, 7, 7), Interval{1, 1, 1}, true, 1},
		{"five rounds", same(5, 6, 3, 3), Interval{2, 0, inf}, false, 2 * math.Pow(1.0/3, 5)},
		{"none", nil, Interval{nan, 0, inf}, false, 1},
		{"zeros", same(6, 0, 0, 0), Interval{1, 1, 1}, true, 1},
		{"from zero", same(6, 5, 0, 0), Interval{inf, inf, inf}, true, 2 * math.Pow(1.0/3, 6)},
		{"to zero", same(6, 0, 5, 5), Interval{0, 0, 0}, true, 2 * math.Pow(1.0/3, 6)},
		{"negative", same(6, -1, 1, 1), Interval{nan, 0, inf}, false, 1},
		{"infinite", same(6, inf, 1, 1), Interval{nan, 0, inf}, false, 1},
	} {
		got, ok := c.rounds.Estimate(0.95)
		equal := func(a, b float64) bool { return near(a, b, 1e-6) || math.IsNaN(a) && math.IsNaN(b) }
		if !equal(got.Ratio, c.want.Ratio) || !equal(got.Low, c.want.Low) || !equal(got.High, c.want.High) || ok != c.ok {
			t.Errorf("%s: got %v %t, want %v %t", c.name, got, ok, c.want, c.ok)
		}
		if p := c.rounds.PValue(); !near(p, c.p, 1e-12) {
			t.Errorf("%s: the p-value is %v, want %v", c.name, p, c.p)
		}
	}
}

// TestRoundsEnumerated compares the p-value with that of trying out which sample of
// each round is the new one.
func TestRoundsEnumerated(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		r := make(Rounds, 1+random.IntN(6))
		choices := 1
		for i := range r {
			r[i] = make([]float64, 2+random.IntN(2))
			for j := range r[i] {
				r[i][j] = float64(1 + random.IntN(5)) // with ties
			}
			choices *= len(r[i])
		}
		logs, _ := r.logs()
		ranks := newAligner(logs).ranks(0)
		observed := 0
		for _, of := range ranks {
			observed += of[0]
		}
		above, below := 0, 0
		for choice := range choices {
			total := 0
			for _, of := range ranks {
				total += of[choice%len(of)]
				choice /= len(of)
			}
			if total >= observed {
				above++
			}
			if total <= observed {
				below++
			}
		}
		want := min(1, 2*float64(min(above, below))/float64(choices))
		if got := r.PValue(); !near(got, want, 1e-9) {
			t.Fatalf("%v: the p-value is %v, want %v", r, got, want)
		}
	}
}

// TestRoundsAndPairs: with a single copy of the old build, the result is nearly that
// of pairs.
func TestRoundsAndPairs(t *testing.T) {
	m := &machine{Rand: rand.New(rand.NewPCG(2, 2)), noise: noises[0]}
	old, new := m.pairs(25, 1.05)
	var r Rounds
	for i := range old {
		r = append(r, []float64{new[i], old[i]})
	}
	want, _ := Estimate(old, new, 0.95)
	got, ok := r.Estimate(0.95)
	if !ok || !near(got.Ratio, want.Ratio, 0.002) || !near(got.Low, want.Low, 0.004) || !near(got.High, want.High, 0.004) {
		t.Errorf("got %v %t, want about %v", got, ok, want)
	}
}

// TestRoundsSymmetry: a round's level does not matter, and the inverse values give the
// inverse ratio.
func TestRoundsSymmetry(t *testing.T) {
	m := &machine{Rand: rand.New(rand.NewPCG(3, 3)), noise: noises[3]}
	r := m.rounds(30, 1.1)
	want, _ := r.Estimate(0.95)
	scaled, inverse := make(Rounds, len(r)), make(Rounds, len(r))
	for i, samples := range r {
		for _, v := range samples {
			scaled[i] = append(scaled[i], v*float64(i+1))
			inverse[i] = append(inverse[i], 1/v)
		}
	}
	const precise = 1e-6
	if got, _ := scaled.Estimate(0.95); !near(got.Ratio, want.Ratio, precise) || !near(got.Low, want.Low, precise) || !near(got.High, want.High, precise) {
		t.Errorf("with other levels: got %v, want %v", got, want)
	}
	if got, _ := inverse.Estimate(0.95); !near(1/got.Ratio, want.Ratio, precise) || !near(1/got.High, want.Low, precise) || !near(1/got.Low, want.High, precise) {
		t.Errorf("of inverse values: got %v, want the inverse of %v", got, want)
	}
	if got, want := inverse.PValue(), r.PValue(); !near(got, want, 1e-12) {
		t.Errorf("of inverse values: the p-value is %v, want %v", got, want)
	}
}

// TestRoundsNormal: the p-values on both sides of the limit of exact ones are close.
func TestRoundsNormal(t *testing.T) {
	m := &machine{Rand: rand.New(rand.NewPCG(4, 4)), noise: noises[1]}
	for range 20 {
		logs, _ := m.rounds(exactLimit, 1+0.02*m.Float64()).logs()
		ranks := newAligner(logs).ranks(0)
		normal := math.Erfc(math.Abs(ranks.deviation()) / math.Sqrt2)
		if exact := ranks.exact(); !near(exact, normal, 0.02) {
			t.Errorf("the p-value is %v, that of the normal distribution %v", exact, normal)
		}
	}
}
