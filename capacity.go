package echobench

import (
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/loop"
)

// capacityLeast is how long a closed loop must run to tell the capacity.
const capacityLeast = 300 * time.Millisecond

// capacity returns how many echoes a second the workers make in a closed loop. If the
// server refuses requests of so many workers, it is that of half as many, a quarter, and
// so on.
func (s *sample) capacity() (float64, error) {
	workers := len(s.loops)
	for n := 4 * workers; ; {
		elapsed, refused, err := s.closedLoop(n, workers)
		switch {
		case err != nil:
			return 0, err
		case refused && workers > 1:
			workers /= 2
			continue
		case elapsed >= capacityLeast:
			return float64(n) / elapsed.Seconds(), nil
		}
		n = int(float64(n) * min(10, 1.3*capacityLeast.Seconds()/elapsed.Seconds()))
	}
}

// closedLoop has the first workers share n echoes. It returns how long they took, and
// whether the server refused some of them.
func (s *sample) closedLoop(n, workers int) (elapsed time.Duration, refused bool, err error) {
	task := loop.Task{Tickets: new(atomic.Uint64), Total: uint64(n), Clock: loop.NewClock(), Refused: s.refused()}
	task.BaseID = s.newIDs(task.Total)
	tasks := make([]loop.Task, len(s.loops))
	for i := range tasks {
		if i < workers {
			tasks[i] = task
		} else {
			tasks[i].Tickets = new(atomic.Uint64) // and none to take
		}
	}
	var watch stopwatch
	err = s.work(&watch, closedJob{s.loops, tasks})
	return watch.elapsed, task.Refused != nil && task.Refused.Load() > 0, err
}

// refused returns a new counter of refused requests, or nil if a refusal is an error.
func (s *sample) refused() *atomic.Int64 {
	if !s.offered.overload {
		return nil
	}
	return new(atomic.Int64)
}
