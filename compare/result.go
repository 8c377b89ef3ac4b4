package compare

import "time"

// A Result is what a comparison has found out.
type Result struct {
	// Rows has a row for each benchmark and unit, the worst first: slower,
	// unmeasurable, unclear, same, faster, and the largest harm first in each.
	Rows []Row

	// Rounds is how many rounds there were. A benchmark that was finished earlier
	// has fewer.
	Rounds int

	// Elapsed is how long all rounds together took.
	Elapsed time.Duration

	// OnlyOld and OnlyNew are the benchmarks that one build lacks, or that fail
	// there. They have no rows.
	OnlyOld, OnlyNew []string
}

// Status returns the exit status of a program that compares: 1 if any row is
// slower; otherwise 3 if more than half of the rows are unmeasurable, or if there
// are none, because then nothing can be said; otherwise 0.
func (r *Result) Status() int {
	switch {
	case r.count(Slower) > 0:
		return 1
	case len(r.Rows) == 0 || 2*r.count(Unmeasurable) > len(r.Rows):
		return 3
	}
	return 0
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

// falseAlarms returns how many rows have an interval of the placebo that excludes
// 1, although the placebo is the old build, and how many rows could have one. Rows
// whose samples do not vary, or that have too few, could not.
func (r *Result) falseAlarms() (alarms, rows int) {
	for _, row := range r.Rows {
		if !row.Placebo.known() || row.Placebo.constant() {
			continue
		}
		rows++
		if row.Placebo.excludesOne() {
			alarms++
		}
	}
	return alarms, rows
}
