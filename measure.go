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
}

// measure makes n echoes under the timer.
func (s *sample) measure(n int, t timer, counters []string) (m measurement, err error) {
	for _, l := range s.latencies {
		l.Reset()
	}
	m.client.Echoes = n
	if s.process != nil {
		m.server = &units.Window{Echoes: n}
		if m.server.Before, err = s.process.Begin(counters); err != nil {
			return m, err
		}
	}
	var meter usage.Meter
	if m.client.Before, err = meter.Begin(counters); err != nil {
		return m, err
	}
	err = s.echo(n, t)
	var clientErr, serverErr error
	m.client.After, clientErr = meter.End()
	m.client.Elapsed = t.Elapsed()
	if !s.peak {
		delete(m.client.After.Levels, usage.PeakRSS)
	}
	if m.server != nil && err == nil {
		m.server.After, serverErr = s.process.End()
		m.server.Elapsed = m.client.Elapsed
	}
	if err := errors.Join(err, clientErr, serverErr); err != nil {
		return m, err
	}
	m.latencies, err = s.merged(n)
	return m, err
}

// echo has the workers share n echoes under the timer.
func (s *sample) echo(n int, t timer) error {
	task := loop.Task{Tickets: new(atomic.Uint64), Total: uint64(n), Clock: loop.NewClock()}
	task.BaseID = s.newIDs(task.Total)
	tasks := make([]loop.Task, len(s.loops))
	for i := range tasks {
		tasks[i] = task
	}
	return s.work(t, tasks)
}

// warmUp has every worker echo until connections are open, buffers have grown and
// windows have opened. Every byte of every reply is compared.
func (s *sample) warmUp() error {
	task := loop.Task{Total: 2 + 64/uint64(len(s.loops)), Clock: loop.NewClock(), EveryByte: true}
	tasks := make([]loop.Task, len(s.loops))
	for i := range tasks {
		tasks[i] = task
		tasks[i].Tickets = new(atomic.Uint64) // not shared, so that no worker is left out
		tasks[i].BaseID = s.newIDs(task.Total)
	}
	return s.work(new(stopwatch), tasks)
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
	if elapsed := m.client.Elapsed; elapsed > 0 {
		metric(float64(m.client.Echoes)/elapsed.Seconds(), "ops/s")
	}
	if set&units.Latency != 0 {
		m.latencies.RoundTrip.Report(metric)
	}
	if m.latencies.Legs != nil {
		m.latencies.Legs.Report(metric)
	}
	m.client.Report(set, metric)
	if m.server != nil {
		m.server.ReportServer(set, metric)
	}
}
