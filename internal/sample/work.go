package sample

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/run/interrupt"
)

// A timer is the part of testing.B that times the workers.
type timer interface {
	ResetTimer()
	StopTimer()
	Elapsed() time.Duration
}

// A Stopwatch is a timer of workers that package testing does not time.
type Stopwatch struct {
	start   time.Time
	elapsed time.Duration
}

// ResetTimer starts the stopwatch.
func (w *Stopwatch) ResetTimer() { w.start = time.Now() }

// StopTimer stops it.
func (w *Stopwatch) StopTimer() { w.elapsed = time.Since(w.start) }

// Elapsed returns the time from the start to the stop.
func (w *Stopwatch) Elapsed() time.Duration { return w.elapsed }

// graceTimeout is how long the workers have to return after their context ended.
const graceTimeout = 3 * time.Second

// A job is what the workers of a sample do together.
type job interface {
	// run is what the given worker does.
	run(worker int) error

	// moved returns a number that changes as long as anything moves. waiting is true
	// if nothing has to move, because no request is in flight.
	moved() (n uint64, waiting bool)
}

// work has every worker run the job and returns the first error. The timer runs from
// when all workers are ready until the last one has finished.
func (s *Sample) work(t timer, j job) error {
	var running atomic.Int64 // workers that have not finished
	running.Store(int64(s.config.Workers))
	begin := make(chan struct{})
	var done sync.WaitGroup
	for i := range s.config.Workers {
		done.Go(func() {
			defer running.Add(-1)
			<-begin
			if err := j.run(i); err != nil {
				s.fail(err)
			}
		})
	}
	watching, stopWatching := context.WithCancel(s.ctx)
	var watched sync.WaitGroup
	watched.Go(func() {
		now := func() progress {
			n, waiting := j.moved()
			return progress{moved: n, waiting: waiting, running: running.Load(), workers: s.config.Workers}
		}
		if err := watch(watching, s.config.Stall, now); err != nil {
			s.fail(err)
		}
	})
	t.ResetTimer()
	close(begin)
	finished := s.wait(&done)
	t.StopTimer()
	stopWatching()
	watched.Wait()
	return s.err(finished, running.Load())
}

// wait returns true when the workers have finished. Once the sample has failed,
// it waits for graceTimeout at most, and returns false if that was not enough.
func (s *Sample) wait(done *sync.WaitGroup) (finished bool) {
	all := make(chan struct{})
	go func() {
		done.Wait()
		close(all)
	}()
	select {
	case <-all:
		return true
	case <-s.ctx.Done():
	}
	timer := time.NewTimer(graceTimeout)
	defer timer.Stop()
	select {
	case <-all:
		return true
	case <-timer.C:
		return false
	}
}

// err returns why the sample has failed, or nil. finished and running describe the
// workers at the end of work.
func (s *Sample) err(finished bool, running int64) error {
	err := context.Cause(s.ctx)
	if err == nil {
		return nil
	}
	if !finished {
		err = fmt.Errorf("%w; %d workers have not returned %v after their context ended", err, running, graceTimeout)
		s.config.Findings.abandon(s.config.Variant, fmt.Errorf("Echo: %w within %v after the end of its context", bound.ErrNoReturn, graceTimeout))
	}
	var interrupted *interrupt.Error
	if s.process == nil || errors.As(err, &interrupted) {
		return err
	}
	// When the server's process ends, a worker often sees the broken connection
	// first. Give the process a moment to be reported as ended.
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-s.process.Ended():
		if how := s.process.HowItEnded(); err.Error() != how {
			err = fmt.Errorf("%w; %s", err, how)
		}
	case <-timer.C:
		if condition := s.process.Condition(); condition != "" {
			err = fmt.Errorf("%w; the server process %s", err, condition)
		}
	}
	return err
}

// progress is how far the workers are. It changes as long as anything moves.
type progress struct {
	moved   uint64
	waiting bool  // no request is in flight
	running int64 // workers that have not finished
	workers int
}

// watch returns an error when the progress has not changed for the stall time, and
// nil when ctx ends. It costs the workers nothing.
func watch(ctx context.Context, stall time.Duration, now func() progress) error {
	tick := time.NewTicker(stall / 10)
	defer tick.Stop()
	last, since := now(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case t := <-tick.C:
			p := now()
			if p != last || p.waiting {
				last, since = p, t
			} else if t.Sub(since) >= stall {
				return fmt.Errorf("no echo finished within %v: %d of %d workers are waiting for a reply", stall, p.running, p.workers)
			}
		}
	}
}
