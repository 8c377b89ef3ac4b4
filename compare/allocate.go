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
	for _, t := range s.tasks {
		t.sitsOut = false
		if t.finished || t.err != nil {
			continue
		}
		if t.rounds < s.config.MinRounds {
			return
		}
		if further, ok := roundsTo(t.widths, s.config.Width, t.rounds, s.config.MaxRounds-t.rounds); ok {
			candidates = append(candidates, candidate{t, time.Duration(further) * t.cost})
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
	for _, t := range s.tasks {
		t.sitsOut = true
	}
	for _, candidate := range candidates[:granted] {
		candidate.task.sitsOut = false
	}
}
