package compare

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/echobench/echobench/internal/stats/paired"
)

// A series has the samples of one benchmark.
type series struct {
	benchmark string
	rounds    []round
	binaries  int // of each side, of which the rounds use one after the other; 0 means one a round
}

// A round has the samples that were taken next to each other: the value of each
// unit as printed.
type round struct{ old, new, placebo values }

// defaultTolerance is the tolerance if Config.Tolerance is 0.
const defaultTolerance = 0.05

// judge returns a row for each benchmark and unit, the worst first. The directions
// say whether a unit is better if it is "lower" or "higher". Units without a
// direction are judged only if c.Units has them, and lower is then taken as better.
// A unit that no round has for all three sides gives no row.
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

// samples are the values of one unit in those rounds that have it for all sides.
type samples struct {
	old, new, placebo []float64
	rounds            paired.Rounds // new, old and placebo of each round
	group             []int         // of each round: those of one group have the same binaries
	negative          bool          // the values are the samples times -1, none of which is positive
}

// samples returns the samples of a unit.
func (s series) samples(unit string) (u samples) {
	for i, r := range s.rounds {
		old, inOld := sum(r.old, unit)
		new, inNew := sum(r.new, unit)
		placebo, inPlacebo := sum(r.placebo, unit)
		if inOld && inNew && inPlacebo {
			u.old, u.new, u.placebo = append(u.old, old), append(u.new, new), append(u.placebo, placebo)
			u.rounds = append(u.rounds, []float64{new, old, placebo})
			u.group = append(u.group, i%cmp.Or(s.binaries, len(s.rounds)))
		}
	}
	if all := slices.Concat(u.rounds...); len(all) > 0 && slices.Max(all) <= 0 && slices.Min(all) < 0 {
		u.negative = true
		for _, values := range append([][]float64{u.old, u.new, u.placebo}, u.rounds...) {
			for i := range values {
				values[i] = -values[i]
			}
		}
	}
	return u
}

// sum returns the value of a unit, or the sum of the values of several units with a
// plus sign between them.
func sum(values map[string]float64, units string) (total float64, ok bool) {
	for unit := range strings.SplitSeq(units, "+") {
		value, ok := values[unit]
		if !ok {
			return 0, false
		}
		total += value
	}
	return total, true
}

// compare compares new with the old build and its placebo, and the placebo with old,
// in one unit.
func (s series) compare(unit, direction string) *comparison {
	u := s.samples(unit)
	c := &comparison{direction: direction, p: 1}
	c.Row = Row{Benchmark: s.benchmark, Unit: unit, Old: paired.Median(u.old), New: paired.Median(u.new), Rounds: len(u.rounds), Layout: math.NaN()}
	if u.negative {
		c.Old, c.New = -c.Old, -c.New
		c.direction = map[bool]string{true: "lower", false: "higher"}[direction == "higher"]
	}
	if c.Ratio, c.Placebo, c.exact = u.exactly(unit); c.exact {
		return c
	}
	c.Ratio, c.p = u.ratio(), u.groups().PValue()
	c.Placebo = u.placeboRatio()
	if share, ok := u.groups().Share(); ok && s.binaries > 0 {
		c.Layout = share
	}
	return c
}

// exactly compares the builds in a unit that does not vary, and for which the
// placebo equals old. It returns false for other units.
func (u samples) exactly(unit string) (ratio, placebo Interval, ok bool) {
	if u.aroundZero(unit) && u.groups().PValue() >= significance {
		return Interval{1, 1, 1}, Interval{1, 1, 1}, true
	}
	ratio, steady := exactly(unit, u.old, u.new)
	placebo, alsoSteady := exactly(unit, u.old, u.placebo)
	return ratio, placebo, steady && alsoSteady && placebo.Ratio == 1
}

// aroundZero reports whether the samples are 0, apart from exceptions: at least half of
// those of each side are, or all are fewer bytes than the smallest allocation has.
// Their ratios have no meaning.
func (u samples) aroundZero(unit string) bool {
	const smallest = 8
	all := slices.Concat(u.rounds...)
	if len(u.rounds) < minPairs || slices.Min(all) < 0 {
		return false
	}
	return paired.Median(u.old) == 0 && paired.Median(u.new) == 0 && paired.Median(u.placebo) == 0 || unit == "B/op" && slices.Max(all) < smallest
}

// ratio returns the ratio of new to old, with the placebo as a second copy of old.
func (u samples) ratio() Interval {
	i, _ := u.groups().Estimate(confidence)
	return Interval(i)
}

// placeboRatio returns the ratio of the placebo to old.
func (u samples) placeboRatio() Interval {
	pairs := make(paired.Rounds, len(u.old))
	for i := range pairs {
		pairs[i] = []float64{u.placebo[i], u.old[i]}
	}
	i, _ := paired.Groups{Rounds: pairs, Group: u.group}.Estimate(confidence)
	return Interval(i)
}

func (u samples) groups() paired.Groups { return paired.Groups{Rounds: u.rounds, Group: u.group} }

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
