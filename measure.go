package echobench

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/echobench/echobench/internal/loop"
	"github.com/echobench/echobench/internal/units"
	"github.com/echobench/echobench/internal/usage"
)

// A measurement is what was measured of some echoes by exactly the cell's workers.
type measurement struct {
	latencies *loop.Latencies // of all workers
	client    units.Window    // of both ends, if they share a process
	server    *units.Window   // nil if the ends share a process
	rate      *rateResult     // nil in a closed loop
}

// measure makes n echoes under the timer, at the cell's rate if it has one.
func (s *sample) measure(n int, t timer, counters []string) (m measurement, err error) {
	var meter usage.Meter
	begin := func() error { return s.begin(&m, n, &meter, counters) }
	if s.offered.rate > 0 {
		err = s.measureRate(n, t, &m, begin)
	} else if err = begin(); err == nil {
		err = s.echo(n, t)
	}
	if err := errors.Join(err, s.end(&m, &meter, t, err == nil)); err != nil {
		return m, err
	}
	if s.offered.rate > 0 {
		return m, nil
	}
	m.latencies, err = s.merged(n)
	return m, err
}

// begin takes the first snapshots of a measurement of n echoes.
func (s *sample) begin(m *measurement, n int, meter *usage.Meter, counters []string) (err error) {
	for _, l := range s.latencies {
		l.Reset()
	}
	m.client.Echoes = n
	if s.process != nil {
		m.server = &units.Window{Echoes: n}
		if m.server.Before, err = s.process.Begin(counters); err != nil {
			return err
		}
	}
	m.client.Before, err = meter.Begin(counters)
	return err
}

// end takes the second snapshots. ok is false if the run between them has failed.
func (s *sample) end(m *measurement, meter *usage.Meter, t timer, ok bool) (err error) {
	m.client.After, err = meter.End()
	m.client.Elapsed = t.Elapsed()
	if !s.peak {
		delete(m.client.After.Levels, usage.PeakRSS)
	}
	if m.server != nil && ok {
		var serverErr error
		m.server.After, serverErr = s.process.End()
		m.server.Elapsed = m.client.Elapsed
		err = errors.Join(err, serverErr)
	}
	return err
}

// echo has the workers share n echoes under the timer.
func (s *sample) echo(n int, t timer) error {
	task := loop.Task{Tickets: new(atomic.Uint64), Total: uint64(n), Clock: loop.NewClock()}
	task.BaseID = s.newIDs(task.Total)
	tasks := make([]loop.Task, len(s.loops))
	for i := range tasks {
		tasks[i] = task
	}
	return s.work(t, closedJob{s.loops, tasks})
}

// warmUp has every worker echo until connections are open, buffers have grown and
// windows have opened. Every byte of every reply is compared.
func (s *sample) warmUp() error {
	task := loop.Task{Total: 2 + 64/uint64(len(s.loops)), Clock: loop.NewClock(), EveryByte: true, Refused: s.refused()}
	tasks := make([]loop.Task, len(s.loops))
	for i := range tasks {
		tasks[i] = task
		tasks[i].Tickets = new(atomic.Uint64) // not shared, so that no worker is left out
		tasks[i].BaseID = s.newIDs(task.Total)
	}
	return s.work(new(stopwatch), closedJob{s.loops, tasks})
}

// A closedJob has each loop make echoes, one after the other.
type closedJob struct {
	loops []loop.Loop
	tasks []loop.Task // of the loops
}

func (j closedJob) run(worker int) error { return j.loops[worker].Run(j.tasks[worker]) }

// moved returns how many echoes have been begun.
func (j closedJob) moved() (n uint64, waiting bool) {
	for _, t := range j.tasks {
		n += t.Tickets.Load()
	}
	return n, false
}

// newIDs reserves n ids that no request of the sample has had, so that a late
// reply to an earlier request is noticed. It returns the id before the first.
func (s *sample) newIDs(n uint64) (base uint64) {
	base = s.lastID
	s.lastID += n
	return base
}

// merged returns the latencies of all workers, of which there must be n.
func (s *sample) merged(n int) (*loop.Latencies, error) {
	all := s.latencies[0]
	for _, l := range s.latencies[1:] {
		all.Merge(l)
	}
	if got := all.RoundTrip.Count(); got != int64(n) {
		return nil, fmt.Errorf("%d latencies of %d echoes", got, n)
	}
	return all, nil
}

// report calls metric for the metrics of the set.
func (m measurement) report(set units.Set, metric func(value float64, unit string)) {
	if m.rate != nil {
		m.rate.report(set, metric)
	} else {
		m.reportClosed(set, metric)
	}
	if m.latencies.Legs != nil {
		m.latencies.Legs.Report(metric)
	}
	m.client.Report(set, metric)
	if m.server != nil {
		m.server.ReportServer(set, metric)
	}
}

// reportClosed reports what a closed loop measures otherwise than an open one.
func (m measurement) reportClosed(set units.Set, metric func(value float64, unit string)) {
	if elapsed := m.client.Elapsed; elapsed > 0 {
		metric(float64(m.client.Echoes)/elapsed.Seconds(), "ops/s")
	}
	if set&units.Latency != 0 {
		m.latencies.RoundTrip.Report(metric)
	}
}
