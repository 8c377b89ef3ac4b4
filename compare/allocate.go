package compare

import (
	"cmp"
	"slices"
	"time"
)

// allocate decides which tasks take part in the next round. At first all do. When
// they have the rounds that every task gets, the rest of the budget goes to those
// where it achieves most: tasks are taken in the order of the time that it takes
// until another of their intervals is narrow enough, for as long as the budget lasts.
// A task so noisy that its intervals cannot become narrow would otherwise use up time
// that others need. If no task can achieve anything, all take part.
func (s *scheduler) allocate() {
	type candidate struct {
		task *task
		time time.Duration
	}
	var candidates []candidate
	for _, c := range s.tasks {
		c.sitsOut = false
		if c.finished || c.err != nil {
			continue
		}
		if len(c.rounds) < s.config.MinRounds {
			return
		}
		if further, ok := roundsTo(c.widths, s.config.Width, len(c.rounds), s.config.MaxRounds-len(c.rounds)); ok {
			candidates = append(candidates, candidate{c, time.Duration(further) * c.cost})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.time, b.time) })
	left, granted := s.left(), 0
	for granted < len(candidates) && candidates[granted].time <= left {
		left -= candidates[granted].time
		granted++
	}
	if granted == 0 {
		return
	}
	for _, c := range s.tasks {
		c.sitsOut = true
	}
	for _, candidate := range candidates[:granted] {
		candidate.task.sitsOut = false
	}
}
