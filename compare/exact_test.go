package compare

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// times repeats a series of samples n times.
func times(n int, values ...float64) (all []float64) {
	for range n {
		all = append(all, values...)
	}
	return all
}

// counted returns a series of samples that are given for each build.
func counted(unit string, old, new, placebo []float64) series {
	s := series{benchmark: "BenchmarkX"}
	for i := range old {
		s.rounds = append(s.rounds, round{
			old:     map[string]float64{unit: old[i]},
			new:     map[string]float64{unit: new[i]},
			placebo: map[string]float64{unit: placebo[i]},
		})
	}
	return s
}

func TestExactVerdicts(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name     string
		unit     string
		old, new []float64
		ratio    float64
		want     Verdict
	}{
		{"the same count", "allocs/op", times(10, 2), times(10, 2), 1, Same},
		{"one allocation more", "allocs/op", times(10, 2), times(10, 3), 1.5, Slower},
		{"one allocation less", "allocs/op", times(10, 2), times(10, 1), 0.5, Faster},
		{"one allocation in 100, within the tolerance", "allocs/op", times(10, 100), times(10, 101), 1.01, Same},
		{"zeros", "allocs/op", times(10, 0), times(10, 0), 1, Same},
		{"from zero", "allocs/op", times(10, 0), times(10, 1), inf, Slower},
		{"to zero", "allocs/op", times(10, 1), times(10, 0), 0, Faster},
		{"a higher rate", "ops/s", times(10, 2), times(10, 3), 1.5, Faster},
		{"rounding of both", "B/op", times(5, 16, 17), times(5, 17, 16), 1, Same},
		{"rounding of one", "B/op", times(10, 16), times(5, 17, 16), 1, Same},
		{"a byte for all", "B/op", times(10, 16), times(10, 17), 1, Same},
		{"a byte from zero", "B/op", times(10, 0), times(10, 1), 1, Same},
		{"eight bytes from zero", "B/op", times(10, 0), times(10, 8), inf, Slower},
		{"eight bytes more", "B/op", times(5, 16, 17), times(5, 24, 25), 24.5 / 16.5, Slower},
		{"an allocation more in some runs", "allocs/op", times(5, 2, 3), times(5, 3, 2), 1, Same},
		{"an allocation more in one run", "allocs/op", times(10, 2), append(times(9, 2), 3), 1, Same},
		{"some bytes in a few runs, and else none", "B/op", times(5, 0, 0, 3, 0), times(5, 0, 7, 0, 0), 1, Same},
		{"fewer bytes than an allocation has", "B/op", times(7, 0, 1, 4), times(7, 5, 0, 1), 1, Same},
		{"the last printed place", "writes/op", times(10, 8.101), times(10, 8.102), 1, Same},
		{"many system calls more", "writes/op", times(10, 8), times(10, 12), 1.5, Slower},
	} {
		s := counted(c.unit, c.old, c.new, c.old)
		row := judge([]series{s}, directions, Config{Units: []string{c.unit}})[0]
		if row.Verdict != c.want || row.Ratio != (Interval{c.ratio, c.ratio, c.ratio}) || row.Placebo != (Interval{1, 1, 1}) {
			t.Errorf("%s: the row is %+v, want the ratio %v and the verdict %s", c.name, row, c.ratio, c.want)
		}
	}
}

// TestExactNeedsNoEvidence: a difference of a unit that does not vary is found
// among any number of other rows, and does not make other rows significant.
func TestExactNeedsNoEvidence(t *testing.T) {
	all := []series{counted("allocs/op", times(6, 2), times(6, 3), times(6, 2))}
	all[0].benchmark = "BenchmarkAllocs"
	for range 100 {
		all = append(all, measured("ns/op", 8, 1.1, 1, 0.005))
		all = append(all, measured("ns/op", 10, 1, 1, 0.02))
	}
	if row := judge(all[:1], directions, Config{})[0]; row.Verdict != Slower {
		t.Errorf("alone: the row is %+v, want it to be slower", row)
	}
	if row := judge(all, directions, Config{Units: []string{"allocs/op", "ns/op"}})[0]; row.Benchmark != "BenchmarkAllocs" || row.Verdict != Slower {
		t.Errorf("among others: the first row is %+v, want that of allocations to be slower", row)
	}
}

func TestNotExact(t *testing.T) {
	for _, c := range []struct {
		name              string
		unit              string
		old, new, placebo []float64
	}{
		{"old varies", "B/op", times(5, 16, 40), times(10, 24), times(5, 16, 40)},
		{"new varies", "B/op", times(10, 16), times(5, 16, 40), times(10, 16)},
		{"the placebo varies", "B/op", times(10, 16), times(10, 24), times(5, 16, 40)},
		{"the placebo differs", "B/op", times(10, 16), times(10, 24), times(10, 24)},
		{"new is mostly larger by one", "allocs/op", times(10, 2), append(times(9, 3), 2), times(10, 2)},
		{"too few", "allocs/op", times(5, 2), times(5, 3), times(5, 2)},
	} {
		if s := counted(c.unit, c.old, c.new, c.placebo).compare(c.unit, "lower"); s.exact {
			t.Errorf("%s: the comparison is exact, want a statistical one", c.name)
		}
	}
}

// TestSometimesZero: counters such as page faults are 0 in some runs.
func TestSometimesZero(t *testing.T) {
	old, new, placebo := times(5, 0, 0.5, 0.7, 0), times(5, 0.6, 0, 0, 0.4), times(5, 0, 0.6, 0, 0.7)
	row := judge([]series{counted("majflt/op", old, new, placebo)}, directions, Config{Units: []string{"majflt/op"}})[0]
	if row.Verdict != Unmeasurable || row.Ratio.Low != 0 || !math.IsInf(row.Ratio.High, 1) {
		t.Errorf("the row is %+v, want any ratio to be possible and the verdict unmeasurable", row)
	}
}

// TestResolution compares resolution with what package testing prints.
func TestResolution(t *testing.T) {
	for _, v := range []float64{0, 0.0000004, 0.0005, 0.00099994, 0.00099995, 0.005, 0.05, 0.0999951, 0.5, 5, 9.9994, 9.9996, 50, 500, 999.94, 999.96, 5e3, 5e9} {
		r := testing.BenchmarkResult{N: 1, Extra: map[string]float64{"x": v}}
		printed := strings.Fields(r.String())[1]
		_, decimals, _ := strings.Cut(printed, ".")
		if want := math.Pow10(-len(decimals)); v != 0 && math.Abs(resolution("x", v)/want-1) > 0.01 {
			t.Errorf("the resolution near %v is %v, want %v, because testing prints %s", v, resolution("x", v), want, printed)
		}
	}
	if got := strconv.FormatFloat(resolution("x", 0), 'e', 0, 64); got != "1e-07" {
		t.Errorf("the resolution near 0 is %s, want 1e-07", got)
	}
}
