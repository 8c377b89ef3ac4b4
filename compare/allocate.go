package compare

import (
	"cmp"
	"slices"
	"time"
)

// allocate decides which cells take part in the next round. At first all do. When
// they have the rounds that every cell gets, the rest of the budget goes to those
// where it achieves most: cells are taken in the order of the time that it takes
// until another of their intervals is narrow enough, for as long as the budget lasts.
// A cell so noisy that its intervals cannot become narrow would otherwise use up time
// that others need. If no cell can achieve anything, all take part.
func (s *scheduler) allocate() {
	type claim struct {
		cell *cell
		time time.Duration
	}
	var claims []claim
	for _, c := range s.cells {
		c.sitsOut = false
		if c.finished || c.err != nil {
			continue
		}
		if len(c.rounds) < s.config.MinRounds {
			return
		}
		if further, ok := roundsTo(c.widths, s.config.Width, len(c.rounds), s.config.MaxRounds-len(c.rounds)); ok {
			claims = append(claims, claim{c, time.Duration(further) * c.cost})
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return cmp.Compare(a.time, b.time) })
	left, granted := s.left(), 0
	for granted < len(claims) && claims[granted].time <= left {
		left -= claims[granted].time
		granted++
	}
	if granted == 0 {
		return
	}
	for _, c := range s.cells {
		c.sitsOut = true
	}
	for _, claim := range claims[:granted] {
		claim.cell.sitsOut = false
	}
}
