package compare

import (
	"slices"

	"github.com/echobench/echobench/internal/paired"
)

// narrow reports whether the intervals of all judged units of a cell are narrow
// enough. Only the width counts: a cell that stopped as soon as it showed a
// difference would show too many.
func (s *scheduler) narrow(c *cell) bool {
	for unit := range c.rounds[0].old {
		if !s.judged(unit) {
			continue
		}
		old, new, ok := c.pairs(unit)
		if !ok || constant(old) && constant(new) {
			continue
		}
		interval, ok := paired.Estimate(old, new, 0.95)
		if !ok || (interval.High-interval.Low)/2 > s.config.Width {
			return false
		}
	}
	return true
}

// judged reports whether the unit is one of those that Config selects.
func (s *scheduler) judged(unit string) bool {
	if s.config.Units == nil {
		return s.found.directions[unit] != ""
	}
	return slices.Contains(s.config.Units, unit)
}

// pairs returns the values of a unit that every run has reported.
func (c *cell) pairs(unit string) (old, new []float64, ok bool) {
	for _, r := range c.rounds {
		a, hasOld := r.old[unit]
		b, hasNew := r.new[unit]
		if !hasOld || !hasNew {
			return nil, nil, false
		}
		old, new = append(old, a), append(new, b)
	}
	return old, new, true
}

// constant reports whether all values are the same.
func constant(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return v != values[0] })
}
