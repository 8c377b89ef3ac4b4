package paired

import (
	"slices"
	"testing"
)

func TestAdjustPublished(t *testing.T) {
	// The fifteen p-values of Benjamini and Hochberg's example, of which their
	// procedure rejects the first four at 0.05. R's p.adjust(p, "BH") gives want.
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	want := []float64{0.0015, 0.0030, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765, 0.486, 0.58118182, 0.714875, 0.75323077, 0.81321429, 1}
	for i, got := range Adjust(p) {
		if !near(got, want[i], 1e-8) {
			t.Errorf("p-value %v becomes %v, want %v", p[i], got, want[i])
		}
	}
}

func TestAdjustKeepsTheOrder(t *testing.T) {
	p := []float64{0.5, 0.01, 1, 0.02}
	got := Adjust(p)
	want := []float64{2.0 / 3, 0.04, 1, 0.04}
	for i := range want {
		if !near(got[i], want[i], 1e-12) {
			t.Errorf("Adjust(%v) is %v, want %v", p, got, want)
			break
		}
	}
	if !slices.Equal(p, []float64{0.5, 0.01, 1, 0.02}) {
		t.Errorf("Adjust changed its argument to %v", p)
	}
	if got := Adjust(nil); len(got) != 0 {
		t.Errorf("Adjust(nil) is %v, want nothing", got)
	}
}
