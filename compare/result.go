package compare

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Result is what a comparison has found out.
type Result struct {
	// Rows has a row for each benchmark and unit, the worst first: slower,
	// unmeasurable, unclear, same, faster, and the largest harm first in each.
	Rows []Row

	// Unjudged has what should have a verdict and has none.
	Unjudged []Unjudged

	// Rounds is how many rounds there were. A benchmark that was finished earlier
	// has fewer.
	Rounds int

	// Build says, in lines, how the builds were made: with which flags and layouts, and
	// with files that are not of the revision.
	Build []string

	// Elapsed is how long all rounds together took.
	Elapsed time.Duration

	// OnlyOld and OnlyNew are the benchmarks that one build lacks: they are new, or
	// were renamed or removed. They have no rows.
	OnlyOld, OnlyNew []string
}

// Unjudged is a benchmark without a verdict in any unit, or a unit of Config.Units
// without one in any benchmark.
type Unjudged struct {
	Benchmark, Unit string // one of them is empty
	Reason          string // in one line
	Allowed         bool   // by Config.Optional

	skipped bool // by the benchmark itself
}

// String returns one line: which benchmark or unit it is, and why it is not judged.
func (u Unjudged) String() string {
	name := u.Benchmark
	if u.Unit != "" {
		name = "unit " + u.Unit
	}
	return fmt.Sprintf("%s is not judged: %s", name, u.Reason)
}

// Status returns the exit status of a program that compares: 1 if any row is slower
// and not accepted; otherwise 3 if something is not judged that must be, if more than
// half of the rows are unmeasurable, or if there is nothing to compare; otherwise 0.
// It is 0 if every benchmark is in one build only.
func (r *Result) Status() int {
	switch {
	case slices.ContainsFunc(r.Rows, Row.fails):
		return 1
	case slices.ContainsFunc(r.Unjudged, Unjudged.fails), 2*r.count(Unmeasurable) > len(r.Rows):
		return 3
	case len(r.Rows)+len(r.OnlyOld)+len(r.OnlyNew) == 0:
		return 3
	}
	return 0
}

func (r Row) fails() bool { return r.Verdict == Slower && r.Accepted == "" }

func (u Unjudged) fails() bool { return !u.Allowed }

// addUnjudged adds the benchmarks of all series and the units that no row judges.
func (r *Result) addUnjudged(all []series, c Config) {
	judged := func(is func(Row) bool) bool {
		return slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Rounds >= minPairs && is(row) })
	}
	for _, s := range all {
		known := slices.ContainsFunc(r.Unjudged, func(u Unjudged) bool { return u.Benchmark == s.benchmark })
		if !known && !judged(func(row Row) bool { return row.Benchmark == s.benchmark }) {
			units := cmp.Or(strings.Join(c.Units, ", "), "a unit with a direction")
			r.Unjudged = append(r.Unjudged, Unjudged{Benchmark: s.benchmark, Reason: fmt.Sprintf("fewer than %d rounds have %s on all sides", minPairs, units)})
		}
	}
	for _, unit := range c.Units {
		if len(all) > 0 && !slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Unit == unit }) {
			r.Unjudged = append(r.Unjudged, Unjudged{Unit: unit, Reason: "no benchmark has it in both builds"})
		}
	}
}

// allow marks what the configuration allows: benchmarks without a verdict, and rows
// that are slower.
func (r *Result) allow(c Config) {
	for i, u := range r.Unjudged {
		optional := c.Optional != "" && u.Benchmark != "" && matches(c.Optional, u.Benchmark)
		r.Unjudged[i].Allowed = optional || u.skipped && c.Bench == "."
	}
	for i, row := range r.Rows {
		for _, a := range c.Accepted {
			if row.Verdict == Slower && a.covers(row, time.Now()) {
				r.Rows[i].Accepted = fmt.Sprintf("%s (until %s)", a.Reason, a.Until)
			}
		}
	}
}

// matches reports whether the expression, which Config.check has compiled before,
// matches a part of the text.
func matches(expr, text string) bool {
	ok, err := regexp.MatchString(expr, text)
	return err == nil && ok
}

// count returns how many rows have the verdict.
func (r *Result) count(v Verdict) (n int) {
	for _, row := range r.Rows {
		if row.Verdict == v {
			n++
		}
	}
	return n
}
