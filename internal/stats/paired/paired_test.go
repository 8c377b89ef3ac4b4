package paired

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Darwin's heights of fifteen pairs of maize plants, in eighths of an inch above
// those of their partners, from Fisher, The Design of Experiments (1935), § 17.
var maize = []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}

// The depression scale of nine patients at two visits, from Hollander and Wolfe,
// Nonparametric Statistical Methods (1973), table 3.1. R's wilcox.test has it as
// its example.
var (
	firstVisit  = []float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	secondVisit = []float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
)

// pairs returns pairs whose log ratios are d.
func pairs(d ...float64) (old, new []float64) {
	for _, v := range d {
		old = append(old, 7)
		new = append(new, 7*math.Exp(v))
	}
	return old, new
}

func exp(values []float64) (e []float64) {
	for _, v := range values {
		e = append(e, math.Exp(v))
	}
	return e
}

func near(a, b, tolerance float64) bool { return a == b || math.Abs(a-b) <= tolerance }

func TestEstimatePublished(t *testing.T) {
	// R: wilcox.test(second, first, paired = TRUE, conf.int = TRUE) estimates the
	// difference as -0.46, with an interval from -0.786 to -0.010.
	got, ok := Estimate(exp(firstVisit), exp(secondVisit), 0.95)
	if !ok || !near(math.Log(got.Ratio), -0.46, 5e-4) || !near(math.Log(got.Low), -0.786, 5e-4) || !near(math.Log(got.High), -0.010, 5e-4) {
		t.Errorf("Estimate is %.4f [%.4f, %.4f] %t in logarithms, want -0.46 [-0.786, -0.010] true",
			math.Log(got.Ratio), math.Log(got.Low), math.Log(got.High), ok)
	}
}

func TestEstimateSmall(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name     string
		old, new []float64
		want     Interval
		ok       bool
	}{
		{"six pairs, as few as possible", []float64{1, 1, 1, 1, 1, 1}, []float64{2, 2, 2, 3, 4, 4}, Interval{math.Sqrt(8), 2, 4}, true},
		{"five pairs", []float64{1, 1, 1, 1, 1}, []float64{2, 2, 2, 2, 2}, Interval{2, 0, inf}, false},
		{"equal pairs", []float64{1, 2, 3, 4, 5, 6}, []float64{1, 2, 3, 4, 5, 6}, Interval{1, 1, 1}, true},
		{"pairs of zeros", make([]float64, 6), make([]float64, 6), Interval{1, 1, 1}, true},
		{"from zero", make([]float64, 6), []float64{1, 1, 1, 1, 1, 1}, Interval{inf, inf, inf}, true},
		{"to zero", []float64{1, 1, 1, 1, 1, 1}, make([]float64, 6), Interval{0, 0, 0}, true},
		{"zeros on both sides", []float64{0, 0, 0, 1, 1, 1}, []float64{1, 1, 1, 0, 0, 0}, Interval{1, 0, inf}, true},
		{"a negative value", []float64{1, 1, 1, 1, 1, -1}, []float64{1, 1, 1, 1, 1, 1}, Interval{math.NaN(), 0, inf}, false},
		{"no number", []float64{1, 1, 1, 1, 1, 1}, []float64{1, 1, 1, 1, 1, math.NaN()}, Interval{math.NaN(), 0, inf}, false},
		{"an infinite value", []float64{1, 1, 1, 1, 1, 1}, []float64{1, 1, 1, 1, 1, inf}, Interval{math.NaN(), 0, inf}, false},
		{"no pairs", nil, nil, Interval{math.NaN(), 0, inf}, false},
	} {
		got, ok := Estimate(c.old, c.new, 0.95)
		ratio := near(got.Ratio, c.want.Ratio, 1e-12) || math.IsNaN(got.Ratio) && math.IsNaN(c.want.Ratio)
		if ok != c.ok || !ratio || !near(got.Low, c.want.Low, 1e-12) || !near(got.High, c.want.High, 1e-12) {
			t.Errorf("%s: Estimate is %v, %t, want %v, %t", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestEstimateReversed(t *testing.T) {
	old, new := exp(firstVisit), exp(secondVisit)
	forward, _ := Estimate(old, new, 0.95)
	back, _ := Estimate(new, old, 0.95)
	if !near(forward.Ratio*back.Ratio, 1, 1e-12) || !near(forward.Low*back.High, 1, 1e-12) || !near(forward.High*back.Low, 1, 1e-12) {
		t.Errorf("old against new is %v, new against old %v, want reciprocals", forward, back)
	}
}

// TestEstimateInverts checks, for numbers of pairs on both sides of the limit of
// the exact distribution, that the interval contains exactly the ratios that
// PValue does not reject.
func TestEstimateInverts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{6, 7, 10, 20, 50, 51, 80} {
		d := make([]float64, n)
		for i := range d {
			d[i] = random.NormFloat64()
		}
		old, new := pairs(d...)
		got, ok := Estimate(old, new, 0.95)
		if !ok {
			t.Fatalf("%d pairs: Estimate has no interval", n)
		}
		rejected := func(ratio float64) bool {
			scaled := make([]float64, n)
			for i := range old {
				scaled[i] = old[i] * ratio
			}
			return PValue(scaled, new) <= 0.05
		}
		const outside, inside = 1 - 1e-9, 1 + 1e-9
		if !rejected(got.Low*outside) || rejected(got.Low*inside) || rejected(got.High/inside) || !rejected(got.High/outside) {
			t.Errorf("%d pairs: the interval from %v to %v is not what PValue does not reject", n, got.Low, got.High)
		}
	}
}

func TestEstimateKeepsItsArguments(t *testing.T) {
	old, new := pairs(0.5, -0.2, 0.3, 0.1, -0.7, 0.4)
	oldCopy, newCopy := slices.Clone(old), slices.Clone(new)
	Estimate(old, new, 0.95)
	PValue(old, new)
	if !slices.Equal(old, oldCopy) || !slices.Equal(new, newCopy) {
		t.Error("Estimate or PValue changed its arguments")
	}
}
