package latency

import (
	"math"
	"testing"
)

func TestLegs(t *testing.T) {
	legs := NewLegs()
	for range 2000 {
		legs.Record(1000, 3000, 8000)
	}
	got := map[string]float64{}
	legs.Report(func(v float64, unit string) { got[unit] = v })
	for unit, want := range map[string]float64{"req-p50-ns": 2000, "req-p99-ns": 2000, "resp-p50-ns": 5000, "resp-p99-ns": 5000} {
		if math.Abs(got[unit]-want) > 0.01*want {
			t.Errorf("%s = %v, want %v within 1%%", unit, got[unit], want)
		}
	}
	if len(got) != 4 {
		t.Errorf("reported %v, want four units", got)
	}
	other := NewLegs()
	other.Record(1000, 999, 2000) // the server's clock is behind the client's
	legs.Merge(other)
	legs.Report(func(v float64, unit string) { t.Errorf("reported %v %s although the clocks differ", v, unit) })
}
