package latency

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"
)

func reported(r *Recorder) map[string]float64 {
	values := map[string]float64{}
	r.Report(func(v float64, unit string) { values[unit] = v })
	return values
}

func TestRecorderPercentiles(t *testing.T) {
	a, b := NewRecorder(), NewRecorder()
	for i := int64(1); i <= 20000; i++ {
		r := a
		if i%2 == 0 {
			r = b
		}
		r.Record(i * 1000)
	}
	a.Merge(b)
	got := reported(a)
	for unit, want := range map[string]float64{"mean-ns": 10000.5e3, "p50-ns": 10000e3, "p99-ns": 19800e3, "p999-ns": 19980e3} {
		if math.Abs(got[unit]-want) > 0.01*want {
			t.Errorf("%s = %v, want %v within 1%%", unit, got[unit], want)
		}
	}
	if got["mean-ns"] != 10000.5e3 {
		t.Errorf("mean-ns = %v, want it exact", got["mean-ns"])
	}
}

func TestRecorderLeavesOutWhatItCannotKnow(t *testing.T) {
	for _, c := range []struct {
		n    int
		want []string
	}{
		{0, nil},
		{1, []string{"mean-ns"}},
		{19, []string{"mean-ns"}},
		{20, []string{"mean-ns", "p50-ns"}},
		{199, []string{"mean-ns", "p50-ns"}},
		{200, []string{"mean-ns", "p50-ns", "p95-ns"}},
		{999, []string{"mean-ns", "p50-ns", "p95-ns"}},
		{1000, []string{"mean-ns", "p50-ns", "p95-ns", "p99-ns"}},
		{9999, []string{"mean-ns", "p50-ns", "p95-ns", "p99-ns"}},
		{10000, []string{"mean-ns", "p50-ns", "p95-ns", "p99-ns", "p999-ns"}},
	} {
		r := NewRecorder()
		for range c.n {
			r.Record(5000)
		}
		if got := slices.Sorted(maps.Keys(reported(r))); !slices.Equal(got, c.want) {
			t.Errorf("%d latencies: reported %v, want %v", c.n, got, c.want)
		}
	}
	zeros := NewRecorder()
	for range 20000 {
		zeros.Record(0)
	}
	if got := reported(zeros); len(got) != 0 {
		t.Errorf("latencies of 0: reported %v, want nothing", got)
	}
}

func TestRecorderKeepsTheLongest(t *testing.T) {
	r := NewRecorder()
	r.Record(int64(2 * time.Hour))
	if r.Count() != 1 {
		t.Errorf("a latency that exceeds the histogram was dropped")
	}
}

func TestRecorderDoesNotAllocate(t *testing.T) {
	r := NewRecorder()
	if n := testing.AllocsPerRun(1000, func() { r.Record(12345) }); n != 0 {
		t.Errorf("Record allocates %v times", n)
	}
}

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
