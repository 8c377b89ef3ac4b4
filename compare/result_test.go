package compare

import (
	"math"
	"testing"
)

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		name     string
		verdicts []Verdict
		want     int
	}{
		{"nothing", nil, 3},
		{"same", []Verdict{Same}, 0},
		{"faster and unclear", []Verdict{Unclear, Faster}, 0},
		{"one is slower", []Verdict{Slower, Same, Same}, 1},
		{"half is unmeasurable", []Verdict{Unmeasurable, Same}, 0},
		{"most is unmeasurable", []Verdict{Unmeasurable, Unmeasurable, Same}, 3},
		{"most is unmeasurable, but one is slower", []Verdict{Slower, Unmeasurable, Unmeasurable}, 1},
	} {
		r := &Result{}
		for _, v := range c.verdicts {
			r.Rows = append(r.Rows, Row{Verdict: v})
		}
		if got := r.Status(); got != c.want {
			t.Errorf("%s: the status is %d, want %d", c.name, got, c.want)
		}
	}
}

func TestFalseAlarms(t *testing.T) {
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
		r := &Result{Rows: []Row{{Placebo: c.placebo}}}
		if alarms, rows := r.falseAlarms(); alarms != c.alarms || rows != c.rows {
			t.Errorf("%s: %d alarms in %d rows, want %d in %d", c.name, alarms, rows, c.alarms, c.rows)
		}
	}
}
