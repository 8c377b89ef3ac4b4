package sample

import (
	"errors"
	"math/rand/v2"

	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/run/loop"
	"github.com/echobench/echobench/internal/run/openloop"
	"github.com/echobench/echobench/internal/stats/steady"
	"github.com/echobench/echobench/payload"
)

// An openLoop has the workers send requests when these are due.
type openLoop struct {
	s       *Sample
	workers []*openloop.Worker
	trace   *steady.Trace
	last    *openloop.Result
}

// newOpenLoop returns an open loop of the sample's workers.
func newOpenLoop(s *Sample) (*openLoop, error) {
	l := &openLoop{s: s, trace: steady.NewTrace()}
	for _, client := range s.clients {
		if _, ok := client.(loop.Pinger); ok {
			return nil, errors.New("a rate needs clients that send one request when it is due; this transport's make many round trips in one call")
		}
	}
	for i := range s.config.Workers {
		l.workers = append(l.workers, openloop.NewWorker(s.ctx, s.clients[i%len(s.clients)], s.sources[i%len(s.sources)]))
	}
	return l, nil
}

// close releases the workers.
func (l *openLoop) close() {
	for _, w := range l.workers {
		w.Close()
	}
}

// findRate measures the capacity, if the rate is a percentage of it.
func (s *Sample) findRate() error {
	if s.config.Percent == 0 {
		return nil
	}
	capacity, err := s.Capacity()
	s.percent = capacity * s.config.Percent / 100
	return err
}

// rate returns the rate of the config, in arrivals a second. It is 0 in a closed loop.
func (s *Sample) rate() float64 { return s.config.PerSecond + s.percent }

// Offer has the workers answer a load of count arrivals at the given rate. The error
// is not the verdict on whether the rate was kept, for which see
// [openloop.Result.Verdict].
func (s *Sample) Offer(rate float64, count int) (*openloop.Result, error) {
	l, err := s.openLoop()
	if err != nil {
		return nil, err
	}
	return l.offer(rate, count, new(Stopwatch), nil)
}

// openLoop returns the sample's open loop, which it creates at the first call.
func (s *Sample) openLoop() (*openLoop, error) {
	if s.open == nil {
		l, err := newOpenLoop(s)
		if err != nil {
			return nil, err
		}
		s.open = l
	}
	return s.open, nil
}

// Before the recorded arrivals come 1/leadIn as many that are not recorded. They fill the
// queues and let buffers grow, as they do at this rate.
const leadIn = 4

// offer does what Offer does. At the first recorded arrival it calls begin, if not nil,
// and starts t.
func (l *openLoop) offer(rate float64, count int, t timer, begin func() error) (*openloop.Result, error) {
	clock, err := openloop.NewWallClock()
	if err != nil {
		return nil, err
	}
	defer clock.Close()
	config := l.s.config
	c := openloop.Config{
		Rate: rate, Arrivals: config.Arrivals, Seed: rand.Uint64(), Count: count, LeadIn: count / leadIn,
		Workers: len(l.workers), Refusals: config.Overload, Legs: config.Metrics&units.Legs != 0, Trace: l.trace,
	}
	c.BaseID = l.s.newIDs(uint64(c.Count + c.LeadIn))
	if c.LeadIn == 0 && begin != nil {
		if err := begin(); err != nil {
			return nil, err
		}
	}
	load := openloop.New(c, clock)
	if c.LeadIn > 0 {
		t = l.startLate(t, load, begin)
	}
	if err := l.s.work(t, openJob{load, l.workers}); err != nil {
		return nil, err
	}
	return load.Result(), nil
}

// run measures n arrivals at the sample's rate.
func (l *openLoop) run(n int, t timer, begin func() error) (err error) {
	l.last, err = l.offer(l.s.rate(), n, t, begin)
	return err
}

// result returns what run has measured. That the rate was not kept is an error, unless
// overload is allowed.
func (l *openLoop) result(int) (result, error) {
	overload := l.s.config.Overload
	r := &rateResult{Result: l.last, size: l.s.config.Size, overload: overload}
	switch verdict := l.last.Verdict(); {
	case errors.Is(verdict, openloop.ErrShort):
		r.short = true
	case verdict != nil && !overload:
		return result{}, verdict
	}
	r.steady = l.trace.Analyse()
	return result{latencies: &loop.Latencies{RoundTrip: l.last.Response, Legs: l.last.Legs}, rate: r}, nil
}

// An openJob is a load at a rate.
type openJob struct {
	load    *openloop.Load
	workers []*openloop.Worker
}

func (j openJob) run(worker int) error { return j.workers[worker].Run(j.load) }

// moved implements job. While the workers only wait for the next arrival, waiting is true.
func (j openJob) moved() (n uint64, waiting bool) {
	taken, inFlight := j.load.Progress()
	return uint64(taken), inFlight == 0
}

// A lateTimer is a timer that starts when the recorded arrivals of a load begin.
type lateTimer struct {
	timer
	stopped chan struct{} // closed when the workers have finished
	started chan struct{} // closed when nothing starts the timer any more
}

// startLate calls begin and starts t when the recorded arrivals of the load begin.
func (l *openLoop) startLate(t timer, load *openloop.Load, begin func() error) *lateTimer {
	late := &lateTimer{timer: t, stopped: make(chan struct{}), started: make(chan struct{})}
	go func() {
		defer close(late.started)
		select {
		case <-load.Began():
		case <-late.stopped:
		}
		select {
		case <-load.Began():
		default: // the workers have failed before
			return
		}
		if begin != nil {
			if err := begin(); err != nil {
				l.s.fail(err)
			}
		}
		t.ResetTimer()
	}()
	return late
}

// ResetTimer does nothing: the lead-in comes first.
func (l *lateTimer) ResetTimer() {}

// StopTimer stops the timer after it was started.
func (l *lateTimer) StopTimer() {
	close(l.stopped)
	<-l.started
	l.timer.StopTimer()
}

// A rateResult is what was measured at a rate.
type rateResult struct {
	*openloop.Result
	size     payload.Size
	overload bool
	short    bool // too short to tell whether the rate was kept
	steady   steady.Report
}

// report calls metric for the units that a closed loop does not have or computes
// differently. Latencies are left out if the run was too short to tell whether the rate
// was kept. Percentiles with too few independent response times are reported: without the
// samples in which slow responses cluster, the others would look better than the system is.
func (r *rateResult) report(set units.Set, metric func(value float64, unit string)) {
	metric(r.Offered(), "offered/s")
	if achieved := r.Achieved(); achieved > 0 {
		metric(achieved, "ops/s")
		metric(1e9/achieved, "ns/op")
		reportData(achieved, r.size, metric)
	}
	if r.overload {
		metric(r.RefusedRate(), "refused/s")
	}
	if r.short || set&units.Latency == 0 {
		return
	}
	r.Response.Report(metric)
	r.Service.Report(func(value float64, unit string) { metric(value, "svc-"+unit) })
	r.Lag.Report(func(value float64, unit string) {
		if unit == "p99-ns" {
			metric(value, "lag-p99-ns")
		}
	})
	if r.steady.Judged {
		drifts := 0.0
		if r.steady.Drifts {
			drifts = 1
		}
		metric(drifts, "drift")
	}
}
