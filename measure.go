package echobench

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/internal/loop"
	"github.com/echobench/echobench/internal/units"
	"github.com/echobench/echobench/internal/usage"
)

// A measurement is what one call of the leaf has measured: b.N echoes by exactly
// the cell's workers.
type measurement struct {
	latencies *loop.Latencies // of all workers
	client    units.Window    // of both ends, if they share a process
	server    *units.Window   // nil if the ends share a process
}

// measure makes b.N echoes under b's timer.
func (s *sample) measure(b *testing.B, counters []string) (m measurement, err error) {
	for _, l := range s.loops {
		l.Latencies().Reset()
	}
	m.client.Echoes = b.N
	if s.process != nil {
		m.server = &units.Window{Echoes: b.N}
		if m.server.Before, err = s.process.Begin(counters); err != nil {
			return m, err
		}
	}
	var meter usage.Meter
	if m.client.Before, err = meter.Begin(counters); err != nil {
		return m, err
	}
	err = s.echo(b)
	var clientErr, serverErr error
	m.client.After, clientErr = meter.End()
	m.client.Elapsed = b.Elapsed()
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
	m.latencies, err = s.merged(b.N)
	return m, err
}

// echo has the workers share b.N echoes.
func (s *sample) echo(b *testing.B) error {
	task := loop.Task{Tickets: new(atomic.Uint64), Total: uint64(b.N), Clock: loop.NewClock()}
	task.BaseID = s.newIDs(task.Total)
	tasks := make([]loop.Task, len(s.loops))
	for i := range tasks {
		tasks[i] = task
	}
	return s.work(b, tasks)
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
	return s.work(noTimer{}, tasks)
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
	all := s.loops[0].Latencies()
	for _, l := range s.loops[1:] {
		if err := all.Merge(l.Latencies()); err != nil {
			return nil, err
		}
	}
	if got := all.RoundTrip.Count(); got != int64(n) {
		return nil, fmt.Errorf("%d latencies of %d echoes", got, n)
	}
	return all, nil
}

// report reports the metrics of the set. It must come last in a leaf, because
// ResetTimer removes what was reported.
func (m measurement) report(b *testing.B, set units.Set) {
	if elapsed := b.Elapsed(); elapsed > 0 {
		b.ReportMetric(float64(b.N)/elapsed.Seconds(), "ops/s")
	}
	if set&units.Latency != 0 {
		m.latencies.RoundTrip.Report(b.ReportMetric)
	}
	if m.latencies.Legs != nil {
		m.latencies.Legs.Report(b.ReportMetric)
	}
	m.client.Report(set, b.ReportMetric)
	if m.server != nil {
		m.server.ReportServer(set, b.ReportMetric)
	}
}
