package sample

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/run/loop"
)

// A closedLoop has each worker wait for its reply before it sends its next request.
type closedLoop struct {
	s         *Sample
	workers   []loop.Loop
	latencies []*loop.Latencies // of the workers
}

// run makes n echoes, which the workers share, while t runs.
func (l *closedLoop) run(n int, t timer, begin func() error) error {
	for _, latencies := range l.latencies {
		latencies.Reset()
	}
	if err := begin(); err != nil {
		return err
	}
	return l.s.Echo(n, t)
}

// result returns the latencies of all workers, and an error if there are not n of them.
func (l *closedLoop) result(n int) (result, error) {
	all := l.latencies[0]
	for _, latencies := range l.latencies[1:] {
		all.Merge(latencies)
	}
	if got := all.RoundTrip.Count(); got != int64(n) {
		return result{}, fmt.Errorf("%d latencies of %d echoes", got, n)
	}
	return result{latencies: all}, nil
}

// Echo makes n echoes, which the workers share, in a closed loop while t runs.
func (s *Sample) Echo(n int, t timer) error {
	task := loop.Task{Tickets: new(atomic.Uint64), Total: uint64(n), Clock: loop.NewClock()}
	task.BaseID = s.newIDs(task.Total)
	tasks := make([]loop.Task, s.config.Workers)
	for i := range tasks {
		tasks[i] = task
	}
	return s.work(t, closedJob{s.closed.workers, tasks})
}

// warmUp has every worker echo until connections are open, buffers have grown and
// windows have opened. Every byte of every reply is compared.
func (s *Sample) warmUp() error {
	task := loop.Task{Total: 2 + 64/uint64(s.config.Workers), Clock: loop.NewClock(), EveryByte: true, Refused: s.newRefusals()}
	tasks := make([]loop.Task, s.config.Workers)
	for i := range tasks {
		tasks[i] = task
		tasks[i].Tickets = new(atomic.Uint64) // not shared, so that no worker is left out
		tasks[i].BaseID = s.newIDs(task.Total)
	}
	return s.work(new(Stopwatch), closedJob{s.closed.workers, tasks})
}

// A closedJob has each worker make echoes, one after the other.
type closedJob struct {
	workers []loop.Loop
	tasks   []loop.Task // of the workers
}

func (j closedJob) run(worker int) error { return j.workers[worker].Run(j.tasks[worker]) }

// moved returns how many echoes have been begun.
func (j closedJob) moved() (n uint64, waiting bool) {
	for _, t := range j.tasks {
		n += t.Tickets.Load()
	}
	return n, false
}

// minCapacityTime is how long a closed loop must run for Capacity to accept the result.
const minCapacityTime = 300 * time.Millisecond

// Capacity returns how many echoes a second the workers make in a closed loop. If the
// server refuses requests, Capacity halves the number of workers until none is refused.
func (s *Sample) Capacity() (float64, error) {
	workers := s.config.Workers
	for n := 4 * workers; ; {
		elapsed, refused, err := s.shared(n, workers)
		switch {
		case err != nil:
			return 0, err
		case refused && workers > 1:
			workers /= 2
			continue
		case elapsed >= minCapacityTime:
			return float64(n) / elapsed.Seconds(), nil
		}
		n = int(float64(n) * min(10, 1.3*minCapacityTime.Seconds()/elapsed.Seconds()))
	}
}

// shared has the first workers share n echoes. It returns how long they took, and
// whether the server refused some of them.
func (s *Sample) shared(n, workers int) (elapsed time.Duration, refused bool, err error) {
	task := loop.Task{Tickets: new(atomic.Uint64), Total: uint64(n), Clock: loop.NewClock(), Refused: s.newRefusals()}
	task.BaseID = s.newIDs(task.Total)
	tasks := make([]loop.Task, s.config.Workers)
	for i := range tasks {
		if i < workers {
			tasks[i] = task
		} else {
			tasks[i].Tickets = new(atomic.Uint64) // Total is 0: this worker makes no echoes
		}
	}
	var watch Stopwatch
	err = s.work(&watch, closedJob{s.closed.workers, tasks})
	return watch.elapsed, task.Refused != nil && task.Refused.Load() > 0, err
}

// newRefusals returns a new counter of refused requests, or nil if a refusal is an error.
func (s *Sample) newRefusals() *atomic.Int64 {
	if !s.config.Overload {
		return nil
	}
	return new(atomic.Int64)
}
