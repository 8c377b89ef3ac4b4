package compare

import (
	"math"
	"testing"
	"time"
)

func TestStatus(t *testing.T) {
	allowed := Unjudged{Benchmark: "BenchmarkX", Allowed: true}
	for _, c := range []struct {
		name     string
		verdicts []Verdict
		result   Result
		want     int
	}{
		{"nothing", nil, Result{}, 3},
		{"only new benchmarks", nil, Result{OnlyNew: []string{"BenchmarkX"}}, 0},
		{"only old benchmarks", nil, Result{OnlyOld: []string{"BenchmarkX"}}, 0},
		{"only one that is not judged", nil, Result{Unjudged: []Unjudged{allowed}}, 3},
		{"one is not judged", []Verdict{Same}, Result{Unjudged: []Unjudged{{Unit: "ns/opp"}}}, 3},
		{"one need not be judged", []Verdict{Same}, Result{Unjudged: []Unjudged{allowed}}, 0},
		{"same", []Verdict{Same}, Result{}, 0},
		{"faster and unclear", []Verdict{Unclear, Faster}, Result{}, 0},
		{"one is slower", []Verdict{Slower, Same, Same}, Result{}, 1},
		{"half is unmeasurable", []Verdict{Unmeasurable, Same}, Result{}, 0},
		{"most is unmeasurable", []Verdict{Unmeasurable, Unmeasurable, Same}, Result{}, 3},
		{"most is unmeasurable, but one is slower", []Verdict{Slower, Unmeasurable, Unmeasurable}, Result{}, 1},
	} {
		for _, v := range c.verdicts {
			c.result.Rows = append(c.result.Rows, Row{Verdict: v})
		}
		if got := c.result.Status(); got != c.want {
			t.Errorf("%s: the status is %d, want %d", c.name, got, c.want)
		}
	}
}

// TestAccepted: a row that may be slower does not count until that day has passed.
func TestAccepted(t *testing.T) {
	for _, c := range []struct {
		name     string
		accepted Accepted
		want     int
	}{
		{"until today", Accepted{Bench: "^BenchmarkX$", Unit: "ns/op", Until: time.Now().Format(time.DateOnly)}, 0},
		{"all units", Accepted{Bench: "X", Until: "9999-12-31"}, 0},
		{"another unit", Accepted{Bench: "X", Unit: "B/op", Until: "9999-12-31"}, 1},
		{"another benchmark", Accepted{Bench: "Y", Until: "9999-12-31"}, 1},
		{"until a day that has passed", Accepted{Bench: "X", Until: "2001-01-31"}, 1},
	} {
		c.accepted.Reason = "a reason"
		r := &Result{Rows: []Row{{Benchmark: "BenchmarkX", Unit: "ns/op", Verdict: Slower}}}
		r.allow(Config{Accepted: []Accepted{c.accepted}})
		if got := r.Status(); got != c.want {
			t.Errorf("%s: the status is %d, want %d", c.name, got, c.want)
		}
		if row := r.Rows[0]; (row.Accepted == "a reason (until "+c.accepted.Until+")") != (c.want == 0) {
			t.Errorf("%s: the row is %+v", c.name, row)
		}
	}
}

func TestTally(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name         string
		placebo      Interval
		alarms, rows int
	}{
		{"an interval over 1", Interval{1.01, 0.99, 1.03}, 0, 1},
		{"an interval above 1", Interval{1.02, 1.01, 1.03}, 1, 1},
		{"an interval below 1", Interval{0.98, 0.97, 0.99}, 1, 1},
		{"samples that do not vary", Interval{1, 1, 1}, 0, 0},
		{"samples that do not vary, but differ", Interval{2, 2, 2}, 1, 1},
		{"too few samples", Interval{1.5, 0, inf}, 0, 0},
		{"no samples", Interval{math.NaN(), 0, inf}, 0, 0},
	} {
		r := &Result{Rows: []Row{{Unit: "ns/op", Placebo: c.placebo}, {Unit: "B/op", Placebo: Interval{2, 1.5, 3}}}}
		if got := r.tally("ns/op"); got.placebo != c.alarms || got.rows != c.rows {
			t.Errorf("%s: %d alarms in %d rows, want %d in %d", c.name, got.placebo, got.rows, c.alarms, c.rows)
		}
	}
}
