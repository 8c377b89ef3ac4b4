package echobench

import (
	"errors"
	"math/rand/v2"

	"github.com/echobench/echobench/internal/loop"
	"github.com/echobench/echobench/internal/openloop"
	"github.com/echobench/echobench/internal/steady"
)

// An offer is a load that arrives at the workers of a sample at a given rate.
type offer struct {
	rate     float64 // arrivals a second
	arrivals Arrivals
	count    int  // arrivals that are recorded; a quarter as many precede them
	overload bool // count what the server refuses, instead of failing
	legs     bool // record the request and the reply separately, too

	// begin, if not nil, is called when the recorded arrivals begin.
	begin func() error
}

// leadIn is which part of the recorded arrivals precedes them. It fills the queues and
// lets buffers grow, as they do at this rate.
const leadIn = 4

// offer has the workers answer the load, in a run that t times from the first recorded
// arrival on. The error is not the verdict on whether the rate was kept, for which see
// [openloop.Result.Verdict].
func (s *sample) offer(o offer, t timer) (*openloop.Result, error) {
	if err := s.startCallers(); err != nil {
		return nil, err
	}
	clock, err := openloop.NewWallClock()
	if err != nil {
		return nil, err
	}
	defer clock.Close()
	c := openloop.Config{
		Rate: o.rate, Arrivals: openloop.Arrivals(o.arrivals), Seed: rand.Uint64(), Count: o.count, LeadIn: o.count / leadIn,
		Workers: len(s.callers), Refusals: o.overload, Legs: o.legs, Trace: s.trace,
	}
	c.BaseID = s.newIDs(uint64(c.Count + c.LeadIn))
	if c.LeadIn == 0 && o.begin != nil {
		if err := o.begin(); err != nil {
			return nil, err
		}
	}
	load := openloop.New(c, clock)
	if c.LeadIn > 0 {
		t = s.startLate(t, load, o.begin)
	}
	if err := s.work(t, openJob{load, s.callers}); err != nil {
		return nil, err
	}
	return load.Result(), nil
}

// startCallers creates what the workers need for an open loop, once in a sample.
func (s *sample) startCallers() error {
	if s.callers != nil {
		return nil
	}
	for _, client := range s.clients {
		if _, ok := client.(loop.Pinger); ok {
			return errors.New("a rate needs clients that send one request when it is due; this transport's make many round trips in one call")
		}
	}
	for i := range s.loops {
		s.callers = append(s.callers, openloop.NewWorker(s.ctx, s.clients[i%len(s.clients)], s.bodies[i%len(s.bodies)]))
	}
	s.trace = steady.NewTrace()
	return nil
}

// An openJob is a load at a rate.
type openJob struct {
	load    *openloop.Load
	callers []*openloop.Worker
}

func (j openJob) run(worker int) error { return j.callers[worker].Run(j.load) }

// moved never stands still while the workers only wait for the next arrival.
func (j openJob) moved() (n uint64, waiting bool) {
	taken, inFlight := j.load.Progress()
	return uint64(taken), inFlight == 0
}

// A lateTimer is a timer that starts when the recorded arrivals of a load begin.
type lateTimer struct {
	timer
	s       *sample
	stopped chan struct{} // closed when the workers have finished
	started chan struct{} // closed when nothing starts the timer any more
}

// startLate calls begin and starts t when the recorded arrivals of the load begin.
func (s *sample) startLate(t timer, load *openloop.Load, begin func() error) *lateTimer {
	l := &lateTimer{timer: t, s: s, stopped: make(chan struct{}), started: make(chan struct{})}
	go func() {
		defer close(l.started)
		select {
		case <-load.Began():
		case <-l.stopped:
		}
		select {
		case <-load.Began():
		default: // the workers have failed before
			return
		}
		if begin != nil {
			if err := begin(); err != nil {
				s.fail(err)
			}
		}
		t.ResetTimer()
	}()
	return l
}

// ResetTimer does nothing: the lead-in comes first.
func (l *lateTimer) ResetTimer() {}

// StopTimer stops the timer after it was started.
func (l *lateTimer) StopTimer() {
	close(l.stopped)
	<-l.started
	l.timer.StopTimer()
}
