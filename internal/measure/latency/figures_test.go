package latency

import (
	"math"
	"testing"
)

func TestFigures(t *testing.T) {
	r := NewRecorder()
	if r.Percentile(99) != 0 || r.Mean() != 0 {
		t.Errorf("without latencies: p99 %d, mean %v", r.Percentile(99), r.Mean())
	}
	for i := range int64(1000) {
		r.Record(1000 * (i + 1))
	}
	for p, want := range map[float64]float64{50: 500e3, 99: 990e3, 99.9: 999e3} {
		if got := float64(r.Percentile(p)); math.Abs(got/want-1) > 0.01 {
			t.Errorf("the percentile %v is %v, want %v within 1%%", p, got, want)
		}
	}
	if got := r.Mean(); got != 500500 {
		t.Errorf("mean %v, want 500500", got)
	}
}
