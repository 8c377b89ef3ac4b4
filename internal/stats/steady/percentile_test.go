package steady

import (
	"math"
	"testing"

	"github.com/echobench/echobench/internal/test/testkit"
)

// TestNeeded compares with sums of binomial probabilities.
func TestNeeded(t *testing.T) {
	fewerThanThree := func(n int, q float64) (sum float64) {
		for k := range 3 {
			a, _ := math.Lgamma(float64(n + 1))
			b, _ := math.Lgamma(float64(k + 1))
			c, _ := math.Lgamma(float64(n - k + 1))
			sum += math.Exp(a - b - c + float64(k)*math.Log(q) + float64(n-k)*math.Log(1-q))
		}
		return sum
	}
	for p, want := range map[float64]int{0.5: 12, 0.9: 70, 0.95: 142, 0.99: 720, 0.999: 7223, 0.01: 720} {
		got := Needed(p)
		beyond := min(p, 1-p)
		if got != want || fewerThanThree(got, beyond) > 0.025 || fewerThanThree(got-1, beyond) <= 0.025 {
			t.Errorf("percentile %v needs %d response times, want %d", p, got, want)
		}
	}
}

// TestNeededIsCovered checks the statement behind Needed: with so many response times,
// the interval that ends at the third largest value contains the percentile.
func TestNeededIsCovered(t *testing.T) {
	testkit.Simulation(t)
	above := 0
	count := testkit.Times(2000, 4000)
	truth := 1e5 * math.Exp(2.3263/2)
	samples(white, Needed(0.99), count, func(r *Report) {
		if r.sorted[r.Count-3] < truth {
			above++
		}
	})
	if share := float64(above) / float64(count); share > 0.03 {
		t.Errorf("the 99th percentile lies above the third largest value in %.1f%% of the samples, want 2.5%%", 100*share)
	}
}

// TestIndependent compares the estimate with how much the share of response times
// beyond the percentile varies from sample to sample, which is what the number of
// independent response times means. The mean of the estimates is the harmonic one, since
// each divides by a variance.
func TestIndependent(t *testing.T) {
	testkit.Simulation(t)
	const p, n = 0.99, 20000
	count := testkit.Times(50, 200)
	for _, c := range []struct {
		name  string
		p     process
		limit float64 // the 99th percentile
	}{
		{"independent", white, 1e5 * math.Exp(2.3263/2)},
		{"correlation 0.9", autoregressive(0.9), 1e5 * math.Exp(2.3263/2)},
		{"correlation 0.99", autoregressive(0.99), 1e5 * math.Exp(2.3263/2)},
		{"M/M/1 at 50%", queue(0.5), 1e4 * math.Log(100) / (1 - 0.5)},
		{"M/M/1 at 80%", queue(0.8), 1e4 * math.Log(100) / (1 - 0.8)},
	} {
		var estimates, squares float64
		samples(c.p, n, count, func(r *Report) {
			estimates += 1 / float64(r.Independent(p)) / float64(count)
			share := 0.0
			for _, part := range r.parts {
				share += beyond(part, c.limit) / parts
			}
			squares += (share - (1 - p)) * (share - (1 - p)) / float64(count)
		})
		estimates = 1 / estimates
		want := p * (1 - p) / squares
		t.Logf("%s: %.0f of %d are independent, estimated %.0f", c.name, want, n, estimates)
		if estimates < 0.75*want || estimates > 2*want {
			t.Errorf("%s: %.0f of %d response times are independent, estimated %.0f", c.name, want, n, estimates)
		}
	}
}

// TestStallsAreNotIndependent: four stalls are four events, whatever the number of
// arrivals that meet one. The slowest 1% of 20,000 arrivals are in four groups.
func TestStallsAreNotIndependent(t *testing.T) {
	testkit.Simulation(t)
	const count = 100
	inverse := 0.0
	samples(stalls(white, 5000, 200), 20000, count, func(r *Report) { inverse += 1 / float64(r.Independent(0.99)) / count })
	if got := 1 / inverse; got > 600 {
		t.Errorf("four stalls count as %.0f independent response times, want about 400", got)
	}
}

func TestEnough(t *testing.T) {
	for n, want := range map[int]bool{700: false, 800: true} {
		enough := 0
		samples(white, n, 200, func(r *Report) {
			if r.Enough(0.99) {
				enough++
			}
		})
		if share := float64(enough) / 200; want && share < 0.9 || !want && share > 0 {
			t.Errorf("%d independent response times are enough for p99 in %.0f%% of the samples, want it: %v", n, 100*share, want)
		}
	}
}
