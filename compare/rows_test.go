package compare

import (
	"math"
	"slices"
	"testing"
)

// pick returns benchmark and unit of each row.
func pick(rows []Row) (names []string) {
	for _, row := range rows {
		names = append(names, row.Benchmark+" "+row.Unit)
	}
	return names
}

func TestUnits(t *testing.T) {
	all := []series{measured("ns/op", 10, 1, 1, 0.01)}
	for _, r := range all[0].rounds {
		r.old["aside"], r.new["aside"], r.placebo["aside"] = 1, 1, 1
		r.old["gone-ns"], r.placebo["gone-ns"] = 1, 1
		r.new["fresh-ns"] = 1
	}
	known := map[string]string{"ns/op": "lower", "gone-ns": "lower", "fresh-ns": "lower"}
	for _, c := range []struct {
		name  string
		units []string
		want  []string
	}{
		{"all that have a direction", nil, []string{"BenchmarkX ns/op"}},
		{"one without a direction", []string{"aside"}, []string{"BenchmarkX aside"}},
		{"one that only one build has", []string{"gone-ns", "fresh-ns"}, nil},
		{"one that no build has", []string{"ops/s"}, nil},
		{"a sum", []string{"ns/op+aside"}, []string{"BenchmarkX ns/op+aside"}},
		{"a sum of which a part is missing", []string{"ns/op+gone-ns"}, nil},
	} {
		if got := pick(judge(all, known, Config{Units: c.units})); !slices.Equal(got, c.want) {
			t.Errorf("%s: the rows are %q, want %q", c.name, got, c.want)
		}
	}
}

// TestSum: user and system time may both vary although their sum does not.
func TestSum(t *testing.T) {
	s := series{benchmark: "BenchmarkX"}
	for i := range 10 {
		values := func(total float64) map[string]float64 {
			return map[string]float64{"user-ns/op": float64(10 * i), "sys-ns/op": total - float64(10*i)}
		}
		s.rounds = append(s.rounds, round{old: values(100), new: values(200), placebo: values(100)})
	}
	row := judge([]series{s}, nil, Config{Units: []string{"user-ns/op+sys-ns/op"}})[0]
	if row.Old != 100 || row.New != 200 || row.Verdict != Slower {
		t.Errorf("the row is %+v, want 100, 200 and the verdict slower", row)
	}
}

// TestMissingSamples: a percentile is left out of a run that was too short for it.
func TestMissingSamples(t *testing.T) {
	s := measured("p99-ns", 20, 1, 1, 0.01)
	delete(s.rounds[2].old, "p99-ns")
	delete(s.rounds[5].new, "p99-ns")
	delete(s.rounds[7].placebo, "p99-ns")
	s.rounds[9].new = nil
	row := judge([]series{s}, directions, Config{})[0]
	if row.Rounds != 16 || row.Verdict != Same {
		t.Errorf("the row is %+v, want 16 rounds and the verdict same", row)
	}
}

// TestNoPlacebo: a unit that the placebo does not have cannot be judged.
func TestNoPlacebo(t *testing.T) {
	s := measured("ns/op", 20, 2, 1, 0.01)
	for i := range s.rounds {
		s.rounds[i].placebo = nil
	}
	if rows := judge([]series{s}, directions, Config{}); len(rows) != 0 {
		t.Errorf("the rows are %v, want none", rows)
	}
}

// TestNegativeMetrics: a larger distance below zero is better if lower is better.
func TestNegativeMetrics(t *testing.T) {
	for _, c := range []struct {
		direction string
		noise     float64
		want      Verdict
	}{{"lower", 0, Faster}, {"higher", 0, Slower}, {"lower", 0.01, Faster}, {"higher", 0.01, Slower}} {
		s := measured("gain-dB", 20, 2, 1, c.noise)
		for _, r := range s.rounds {
			if c.noise == 0 {
				r.old["gain-dB"], r.new["gain-dB"], r.placebo["gain-dB"] = 1, 2, 1
			}
			for _, side := range []values{r.old, r.new, r.placebo} {
				side["gain-dB"] *= -1
			}
		}
		row := judge([]series{s}, map[string]string{"gain-dB": c.direction}, Config{})[0]
		if row.Verdict != c.want || row.Ratio.Ratio < 1.9 || row.Old >= 0 || row.New >= row.Old {
			t.Errorf("%s is better, noise %v: the row is %+v, want the ratio 2 and the verdict %s", c.direction, c.noise, row, c.want)
		}
	}
	signs := counted("gain-dB", times(10, -1), times(10, 1), times(10, -1))
	if row := judge([]series{signs}, directions, Config{Units: []string{"gain-dB"}})[0]; row.Verdict != Unmeasurable {
		t.Errorf("from -1 to 1: the row is %+v, want the verdict unmeasurable", row)
	}
}

func TestNegativeValues(t *testing.T) {
	s := measured("ns/op", 20, -1, 1, 0.01)
	if row := judge([]series{s}, directions, Config{})[0]; row.Verdict != Unmeasurable || !math.IsNaN(row.Ratio.Ratio) {
		t.Errorf("the row is %+v, want an unknown ratio and the verdict unmeasurable", row)
	}
}

func TestWorstFirst(t *testing.T) {
	var all []series
	for _, c := range []struct {
		name            string
		unit            string
		change, placebo float64
	}{
		{"faster", "ns/op", 0.8, 1},
		{"much faster", "ns/op", 0.5, 1},
		{"same", "ns/op", 1, 1},
		{"unmeasurable", "ns/op", 1, 1.2},
		{"slower", "ns/op", 1.2, 1},
		{"fewer", "ops/s", 0.5, 1},
		{"much slower", "ns/op", 3, 1},
	} {
		s := measured(c.unit, 20, c.change, c.placebo, 0.01)
		s.benchmark = c.name
		all = append(all, s)
	}
	unclear := measured("ns/op", 20, 1.03, 1, 0.06)
	unclear.benchmark = "unclear"
	all = append(all, unclear)
	var names []string
	for _, row := range judge(all, directions, Config{}) {
		names = append(names, row.Benchmark)
	}
	want := []string{"much slower", "fewer", "slower", "unmeasurable", "unclear", "same", "faster", "much faster"}
	if !slices.Equal(names, want) {
		t.Errorf("the order is %q, want %q", names, want)
	}
}

func TestJudgeNothing(t *testing.T) {
	if rows := judge(nil, directions, Config{}); len(rows) != 0 {
		t.Errorf("the rows are %v, want none", rows)
	}
}
