package search

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/test/testkit"
)

// TestCoverage repeats searches of systems whose highest rate is known, and counts how
// many intervals contain it. It also limits how wide they are. The quick test has a few
// searches of each system, which show that the result is near the highest rate and the
// interval not too wide; the long one has enough of them to measure the confidence.
func TestCoverage(t *testing.T) {
	testkit.Simulation(t)
	count := testkit.Times(15, 60)
	const highest = 8000.0
	for _, c := range []struct {
		name    string
		system  system
		highest float64
		min     float64 // share of the intervals that contain it
		width   float64 // median of High/Low-1
	}{
		{"sharp", sharp(highest), highest, 1, 0.06},
		{"2% noise", noisy(highest, 0.02, 0), highest, 0.88, 0.08},
		{"5% noise", noisy(highest, 0.05, 0), highest, 0.88, 0.12},
		{"5% noise and 5% lapses", noisy(highest, 0.05, 0.05), highest, 0.88, 0.15},
		{"10% noise", noisy(highest, 0.1, 0), highest, 0.88, 0.2},
		{"30% noise", noisy(highest, 0.3, 0), highest, 0.88, 0.55},
		{"lopsided", lopsided(highest, 0.1), highest, 0.85, 0.25},
		// At its highest rate, 5,395 a second, the queue is busy for 54% of the time. Its
		// response times are correlated, so that the percentile of a sample is more often
		// a little below than above that of the queue.
		{"M/M/1", queue(10000, 4000, 0.001), highestOfQueue(10000, 0.001), 0.85, 0.2},
	} {
		covered := 0
		var widths, errors []float64
		for seed := range uint64(count) {
			s := Search{Start: 1000 + 50*float64(seed), MinRate: 1000, MaxRate: 32000, Trials: 40, Time: time.Hour}
			got, err := s.Run(t.Context(), trials(c.system, seed))
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			// The grid rounds by half a percent.
			if got.Low <= c.highest*(1+gridStep) && got.High >= c.highest*(1-gridStep) {
				covered++
			}
			widths = append(widths, got.High/got.Low-1)
			errors = append(errors, math.Log(got.Max/c.highest))
		}
		slices.Sort(widths)
		slices.Sort(errors)
		share, width, bias := float64(covered)/float64(count), widths[count/2], errors[count/2]
		t.Logf("%s: %.0f%% of the intervals contain the highest rate; median width %.1f%%, median error %+.1f%%", c.name, 100*share, 100*width, 100*bias)
		if share < c.min || width > c.width || math.Abs(bias) > 0.03 {
			t.Errorf("%s: %.0f%% of the intervals contain the highest rate, want %.0f%%; median width %.1f%%, want %.1f%% at most; median error %+.1f%%",
				c.name, 100*share, 100*c.min, 100*width, 100*c.width, 100*bias)
		}
	}
}
