package paired

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPValuePublished(t *testing.T) {
	eighths := make([]float64, len(maize))
	for i, v := range maize {
		eighths[i] = v / 100
	}
	old, new := pairs(eighths...)
	// R: wilcox.test(maize) has V = 96, p-value = 0.04126.
	if got := PValue(old, new); !near(got, 0.04126, 5e-6) {
		t.Errorf("Darwin's maize: PValue is %.6f, want 0.04126", got)
	}
	// R: wilcox.test(first, second, paired = TRUE) has V = 40, p-value = 0.03906.
	if got := PValue(exp(firstVisit), exp(secondVisit)); !near(got, 0.03906, 5e-6) {
		t.Errorf("Hollander and Wolfe: PValue is %.6f, want 0.03906", got)
	}
}

// TestPValueTable checks the smallest sums of ranks that tables of the signed-rank
// test give, such as that in Wilcoxon and Wilcox, Some Rapid Approximate
// Statistical Procedures (1964): with these, p is 0.05 at most, and above it with
// the next larger sum.
func TestPValueTable(t *testing.T) {
	for n, want := range map[int]int{6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 11: 10, 12: 13, 13: 17, 14: 21, 15: 25, 16: 29, 17: 34, 18: 40, 19: 46, 20: 52, 21: 58, 22: 65, 23: 73, 24: 81, 25: 89} {
		if got, ok := cutoff(n, 0.025); !ok || got != want {
			t.Errorf("%d pairs: the critical value is %d, %t, want %d", n, got, ok, want)
		}
	}
	if got, ok := cutoff(5, 0.025); ok {
		t.Errorf("5 pairs: the critical value is %d, want none", got)
	}
}

func TestPValueSmall(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new []float64
		want     float64
	}{
		{"no pairs", nil, nil, 1},
		{"equal pairs", []float64{1, 2, 3}, []float64{1, 2, 3}, 1},
		{"pairs of zeros", []float64{0, 0, 0}, []float64{0, 0, 0}, 1},
		{"one pair", []float64{1}, []float64{2}, 1},
		{"six pairs up", []float64{1, 2, 3, 4, 5, 6}, []float64{2, 3, 4, 5, 6, 7}, 2.0 / 64},
		{"six pairs down", []float64{2, 3, 4, 5, 6, 7}, []float64{1, 2, 3, 4, 5, 6}, 2.0 / 64},
		{"the same ratio six times", []float64{2, 2, 4, 4, 6, 6}, []float64{3, 3, 6, 6, 9, 9}, 2.0 / 64},
		{"the same ratio up and down", []float64{2, 3, 4, 6}, []float64{3, 2, 6, 4}, 1},
		{"six from zero", make([]float64, 6), []float64{1, 2, 3, 4, 5, 6}, 2.0 / 64},
		{"equal pairs do not count", []float64{1, 1, 1, 1, 1, 1, 9, 9}, []float64{2, 2, 2, 2, 2, 2, 9, 9}, 2.0 / 64},
		{"a negative value", []float64{1, 1, 1, 1, 1, 1, -1}, []float64{2, 2, 2, 2, 2, 2, 2}, 1},
	} {
		if got := PValue(c.old, c.new); !near(got, c.want, 1e-12) {
			t.Errorf("%s: PValue is %v, want %v", c.name, got, c.want)
		}
	}
}

// enumerate computes the p-value by trying all combinations of signs.
func enumerate(d []float64) float64 {
	statistic := func(positive func(i int) bool) (s float64) {
		for i, v := range d {
			rank := 0.5
			for _, other := range d {
				switch {
				case math.Abs(other) < math.Abs(v):
					rank++
				case math.Abs(other) == math.Abs(v):
					rank += 0.5
				}
			}
			if positive(i) {
				s += rank
			} else {
				s -= rank
			}
		}
		return math.Abs(s)
	}
	observed := statistic(func(i int) bool { return d[i] > 0 })
	extreme, all := 0, 1<<len(d)
	for signs := range all {
		if statistic(func(i int) bool { return signs>>i&1 == 1 }) >= observed {
			extreme++
		}
	}
	return float64(extreme) / float64(all)
}

func TestPValueEnumerated(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for n := 1; n <= 10; n++ {
		for range 5 {
			d := make([]float64, n)
			for i := range d {
				d[i] = float64(1+random.IntN(6)) / 8 // ties are frequent
				if random.IntN(3) == 0 {
					d[i] = -d[i]
				}
			}
			old, new := pairs(d...)
			if got, want := PValue(old, new), enumerate(d); !near(got, want, 1e-9) {
				t.Errorf("log ratios %v: PValue is %v, want %v", d, got, want)
			}
		}
	}
}

// TestPValueContinues compares the normal approximation with the exact
// distribution at the number of pairs where one takes over from the other.
func TestPValueContinues(t *testing.T) {
	ranks := make([]int, exactLimit+1)
	for i := range ranks {
		ranks[i] = 2 * (i + 1)
	}
	exact := distribution(ranks)
	for _, negative := range []int{20, 25, 30, 35} {
		d := make([]float64, len(ranks))
		smaller := 0
		for i := range d {
			d[i] = float64(i+1) / 100
			if i < negative {
				d[i] = -d[i]
				smaller += ranks[i]
			}
		}
		old, new := pairs(d...)
		want := min(1, 2*sum(exact[:smaller+1]))
		if got := PValue(old, new); !near(got, want, 0.002) {
			t.Errorf("%d of %d pairs are negative: PValue is %v, want %v", negative, len(d), got, want)
		}
	}
}
