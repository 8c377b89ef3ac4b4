package compare

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/echobench/echobench/internal/paired"
)

// A series has the samples of one benchmark.
type series struct {
	benchmark string
	rounds    []round
}

// A round has the samples that were taken next to each other: the value of each
// unit as printed.
type round struct{ old, new, placebo map[string]float64 }

// defaultTolerance is the tolerance if Config.Tolerance is 0.
const defaultTolerance = 0.05

// judge returns a row for each benchmark and unit, the worst first. The directions
// say whether a unit is better if it is "lower" or "higher". Units without a
// direction are judged only if c.Units has them, and lower is then taken as better.
// A unit that no round has for both old and new gives no row.
func judge(all []series, directions map[string]string, c Config) []Row {
	var comparisons []*comparison
	for _, s := range all {
		for _, unit := range s.units(directions, c.Units) {
			if one := s.compare(unit, directions[unit]); one.Rounds > 0 {
				comparisons = append(comparisons, one)
			}
		}
	}
	adjust(comparisons)
	for _, one := range comparisons {
		one.Verdict = one.decide(cmp.Or(c.Tolerance, defaultTolerance))
	}
	slices.SortStableFunc(comparisons, worse)
	rows := make([]Row, len(comparisons))
	for i, one := range comparisons {
		rows[i] = one.Row
	}
	return rows
}

// roundsFor returns how many rounds a comparison with so many rows needs at least.
//
// The smallest p-value of n pairs is 2^(1-n). A difference in a single row can be
// significant after adjustment for all rows only if that is small enough. There are
// never fewer than 16 rounds, because rounds go on until the interval is narrow
// enough: an interval that is narrow by chance after a few rounds would contain the
// ratio less often than its confidence says (TestStopByWidth in internal/paired).
func roundsFor(rows int) int {
	const fewest = 16
	return max(fewest, 1+int(math.Ceil(math.Log2(float64(rows)/significance))))
}

// A comparison is a row that is not finished.
type comparison struct {
	Row
	direction string
	exact     bool    // the unit does not vary
	p         float64 // the p-value, which adjust replaces by the adjusted one
}

// units returns the units to judge in alphabetical order: those that are wanted,
// or else all that have a direction.
func (s series) units(directions map[string]string, wanted []string) []string {
	if len(wanted) > 0 {
		return wanted
	}
	found := map[string]bool{}
	for _, r := range s.rounds {
		for unit := range r.old {
			if directions[unit] != "" {
				found[unit] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// compare compares old with new, and old with the placebo, in one unit.
func (s series) compare(unit, direction string) *comparison {
	old, new := s.pairs(unit, func(r round) map[string]float64 { return r.new })
	same, placebo := s.pairs(unit, func(r round) map[string]float64 { return r.placebo })
	c := &comparison{direction: direction, p: 1}
	c.Row = Row{Benchmark: s.benchmark, Unit: unit, Old: paired.Median(old), New: paired.Median(new), Rounds: len(old)}
	change, steady := exactly(unit, old, new)
	control, alsoSteady := exactly(unit, same, placebo)
	if steady && alsoSteady && control.Ratio == 1 {
		c.exact, c.Ratio, c.Placebo = true, change, control
		return c
	}
	c.Ratio, c.Placebo = estimate(old, new), estimate(same, placebo)
	c.p = paired.PValue(old, new)
	return c
}

// pairs returns the values of old and of another build in those rounds that have
// both.
func (s series) pairs(unit string, of func(round) map[string]float64) (old, other []float64) {
	for _, r := range s.rounds {
		a, ok := r.old[unit]
		b, both := of(r)[unit]
		if ok && both {
			old, other = append(old, a), append(other, b)
		}
	}
	return old, other
}

func estimate(old, new []float64) Interval {
	i, _ := paired.Estimate(old, new, confidence)
	return Interval(i)
}

// adjust adjusts the p-values for how many there are. Units that do not vary are
// not tested, and have no part in that.
func adjust(all []*comparison) {
	var tested []*comparison
	var p []float64
	for _, c := range all {
		if !c.exact {
			tested, p = append(tested, c), append(p, c.p)
		}
	}
	for i, adjusted := range paired.Adjust(p) {
		tested[i].p = adjusted
	}
}

// worse orders comparisons: the worst verdict first, and for each verdict the
// largest harm first.
func worse(a, b *comparison) int {
	return cmp.Or(
		cmp.Compare(slices.Index(worstFirst, a.Verdict), slices.Index(worstFirst, b.Verdict)),
		cmp.Compare(b.harm(), a.harm()),
	)
}

var worstFirst = []Verdict{Slower, Unmeasurable, Unclear, Same, Faster}
