package openloop

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// andersonDarling returns the statistic of Anderson and Darling, "A test of goodness
// of fit", Journal of the American Statistical Association 49 (1954), 765–769, for
// values that should be exponentially distributed with the given mean.
func andersonDarling(values []float64, mean float64) float64 {
	slices.Sort(values)
	n := len(values)
	sum := 0.0
	for i, v := range values {
		below := math.Log(-math.Expm1(-v / mean)) // logarithm of the probability to be below v
		above := -values[n-1-i] / mean
		sum += float64(2*i+1) * (below + above)
	}
	return -float64(n) - sum/float64(n)
}

// critical is the value that the statistic exceeds by chance in 5% of all cases, if
// the distribution is known completely.
const critical = 2.492

func TestPoissonGapsAreExponential(t *testing.T) {
	for _, rate := range []float64{0.5, 2000, 50_000} {
		s := newSchedule(rate, Poisson, 1)
		gaps := make([]float64, 10_000)
		for i := range gaps {
			gaps[i] = max(0.5, float64(s.gap())) // because the logarithm of 0 is infinite
		}
		if got := andersonDarling(gaps, 1e9/rate); got > critical || math.IsNaN(got) {
			t.Errorf("at %v a second the statistic is %.2f, want %v at most", rate, got, critical)
		}
	}
}

func TestAndersonDarlingFindsOtherGaps(t *testing.T) {
	s := newSchedule(1000, Poisson, 1)
	off, uniform := make([]float64, 10_000), make([]float64, 10_000)
	for i := range off {
		off[i], uniform[i] = float64(s.gap())*1.05, 1e6*float64(2*i+1)/10_000
	}
	if got := andersonDarling(off, 1e6); got <= critical {
		t.Errorf("gaps 5%% too long: %.2f, want more than %v", got, critical)
	}
	if got := andersonDarling(uniform, 1e6); got <= critical {
		t.Errorf("gaps that are uniformly distributed: %.2f, want more than %v", got, critical)
	}
}

// Arrivals of a Poisson process in equal intervals are independent of each other, and
// their variance is their mean.
func TestPoissonCounts(t *testing.T) {
	const intervals, mean = 10_000, 20
	s := newSchedule(mean, Poisson, 2)
	counts := make([]float64, intervals)
	for now := s.gap(); now < intervals*1e9; now += s.gap() {
		counts[now/1e9]++
	}
	var squares, products float64
	for i, n := range counts {
		squares += (n - mean) * (n - mean)
		products += (n - mean) * (counts[(i+1)%intervals] - mean)
	}
	if dispersion := squares / intervals / mean; math.Abs(dispersion-1) > 0.05 {
		t.Errorf("the variance of the counts is %.3f of their mean, want 1", dispersion)
	}
	if correlation := products / squares; math.Abs(correlation) > 0.04 {
		t.Errorf("neighbouring counts are correlated: %.3f, want 0", correlation)
	}
}

func TestUniformGaps(t *testing.T) {
	s := newSchedule(3e6, Uniform, 1)
	var now int64
	for i := range 3_000_000 {
		gap := s.gap()
		if gap != 333 && gap != 334 {
			t.Fatalf("gap %d is %d ns, want 333 or 334", i, gap)
		}
		now += gap
	}
	if math.Abs(float64(now)-1e9) > 1 {
		t.Errorf("3 million arrivals at 3 million a second take %d ns", now)
	}
}

func TestScheduleDependsOnTheSeedOnly(t *testing.T) {
	a, b, c := newSchedule(100, Poisson, 1), newSchedule(100, Poisson, 1), newSchedule(100, Poisson, 2)
	same := true
	for range 100 {
		gap := a.gap()
		if got := b.gap(); got != gap {
			t.Fatalf("gaps of the same seed: %d and %d", gap, got)
		}
		same = same && gap == c.gap()
	}
	if same {
		t.Error("another seed has the same gaps")
	}
}

func TestArrivals(t *testing.T) {
	for _, a := range []Arrivals{Poisson, Uniform} {
		if got, err := ParseArrivals(a.String()); err != nil || got != a || a.Check() != nil {
			t.Errorf("ParseArrivals(%q) = %v, %v", a.String(), got, err)
		}
	}
	if _, err := ParseArrivals("bursts"); err == nil || !strings.Contains(err.Error(), `arrivals "bursts": want one of [poisson uniform]`) {
		t.Errorf("ParseArrivals(bursts): %v", err)
	}
	if err := Arrivals(7).Check(); err == nil || Arrivals(7).String() != "Arrivals(7)" {
		t.Errorf("Arrivals(7): %v, %v", err, Arrivals(7))
	}
}
