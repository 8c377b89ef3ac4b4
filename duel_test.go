package echobench

import (
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// reported returns the metrics of a duel, by unit.
func reported(p pairs) map[string]float64 {
	got := map[string]float64{}
	p.report(func(value float64, unit string) { got[unit] = math.Round(1e6*value) / 1e6 })
	return got
}

func TestDuelReportsMediansAndRatios(t *testing.T) {
	var p pairs
	for i := range 6 {
		rate := float64(100 + 10*i) // both sides drift alike
		p.a = append(p.a, figures{"ops/s": 2 * rate, "p50-ns": 30})
		p.b = append(p.b, figures{"ops/s": rate, "p50-ns": 20, "p99-ns": 50})
	}
	want := map[string]float64{
		"a-ops/s": 250, "b-ops/s": 125, "ops-ratio": 2, "ops-ratio-low": 2, "ops-ratio-high": 2,
		"a-p50-ns": 30, "b-p50-ns": 20, "p50-ratio": 1.5, "p50-ratio-low": 1.5, "p50-ratio-high": 1.5,
	}
	if got := reported(p); !maps.Equal(got, want) {
		t.Errorf("reported %v, want %v without p99-ns, which one side lacks", got, want)
	}
	p.b[3] = figures{"ops/s": 130}
	if got := reported(p); got["p50-ratio"] != 0 || got["ops-ratio"] != 2 {
		t.Errorf("reported %v, want no p50-ns, which one slice lacks", got)
	}
}

func TestDuelNeedsSixPairsForAnInterval(t *testing.T) {
	for n := 1; n <= 8; n++ {
		var p pairs
		for range n {
			p.a, p.b = append(p.a, figures{"ops/s": 3}), append(p.b, figures{"ops/s": 4})
		}
		got := reported(p)
		if _, ok := got["ops-ratio-low"]; ok != (n >= minPairs) || got["ops-ratio"] != 0.75 {
			t.Errorf("%d pairs: reported %v", n, got)
		}
	}
}

func TestDuelCheck(t *testing.T) {
	a, b := Variants(named{name: "a"})[0], Variants(named{name: "b", max: 1024})[0]
	for _, c := range []struct {
		name string
		duel Duel
		want string // in the error; empty for none
	}{
		{"fine", Duel{A: a, B: b, Sizes: []payload.Size{64}}, ""},
		{"one side", Duel{A: a}, "transport 1 is nil"},
		{"same name", Duel{A: a, B: a}, `duplicate variant name "a"`},
		{"size over limit", Duel{A: a, B: b}, "size 4KiB: b carries 1B to 1KiB"},
		{"par 0", Duel{A: a, B: b, Parallelism: []int{0}}, "parallelism 0: want 1 or more"},
		{"slice", Duel{A: a, B: b, Slice: -1}, "slice -1ns"},
		{"metrics", Duel{A: a, B: b, MetricsB: 1 << 20}, "metrics 0x100000"},
		{"stall", Duel{A: a, B: b, Stall: -1}, "stall -1ns"},
		{"depth", Duel{A: a, B: echo.Variant{Name: "b", Transport: b.Transport, Depth: -1}}, "b: batch 0 and depth -1"},
	} {
		err := c.duel.check(c.duel.suite())
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v, want no error", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}
