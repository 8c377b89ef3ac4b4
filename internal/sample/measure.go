package sample

import (
	"errors"

	"github.com/echobench/echobench/internal/measure/latency"
	"github.com/echobench/echobench/internal/measure/profile"
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/run/loop"
	"github.com/echobench/echobench/internal/stats/steady"
	"github.com/echobench/echobench/payload"
)

// A Measurement is what was measured of some echoes by exactly the sample's workers.
type Measurement struct {
	result
	size   payload.Size
	client units.Window  // of both ends, if they share a process
	server *units.Window // nil if the ends share a process
	idle   *units.Idle   // nil without idle clients

	profiles []profile.File
}

// A generator makes the workers of a sample send requests, in a closed or in an open
// loop.
type generator interface {
	// run makes n echoes. It calls begin when they begin, and t times them.
	run(n int, t timer, begin func() error) error

	// result returns what the last run has measured.
	result(n int) (result, error)
}

// A result is what a generator measures.
type result struct {
	latencies *loop.Latencies // of all workers
	rate      *rateResult     // nil in a closed loop
}

// Measure makes n echoes while t runs, at the sample's rate if it has one.
func (s *Sample) Measure(n int, t timer) (*Measurement, error) {
	var g generator = s.closed
	if s.rate() > 0 {
		l, err := s.openLoop()
		if err != nil {
			return nil, err
		}
		g = l
	}
	m := &Measurement{size: s.config.Size, idle: s.idle.used}
	m.client.Generator = s.rate() > 0
	if err := s.profileHeaps(m, "before"); err != nil {
		return nil, err
	}
	var meter meter
	err := g.run(n, t, func() error { return s.begin(m, n, &meter) })
	if err := errors.Join(err, s.end(m, &meter, t, err == nil)); err != nil {
		return nil, err
	}
	if err := s.profileHeaps(m, "after"); err != nil {
		return nil, err
	}
	m.result, err = g.result(n)
	return m, err
}

// A meter measures what this process uses in a run.
type meter struct {
	usage.Meter
	cpu *profile.CPU // that is being taken, or nil
}

// begin starts the profiles and takes the first snapshots of a measurement of n echoes.
func (s *Sample) begin(m *Measurement, n int, meter *meter) (err error) {
	m.client.Echoes = n
	if s.process != nil {
		m.server = &units.Window{Echoes: n}
		if m.server.Before, err = s.process.Begin(s.config.Counters, s.config.CPUProfile); err != nil {
			return err
		}
	}
	if s.config.CPUProfile {
		if meter.cpu, err = profile.StartCPU(); err != nil {
			return err
		}
	}
	m.client.Before, err = meter.Begin(s.config.Counters)
	return err
}

// end takes the second snapshots and stops the profiles. ok is false if the run between
// them has failed.
func (s *Sample) end(m *Measurement, meter *meter, t timer, ok bool) (err error) {
	m.client.After, err = meter.End()
	if meter.cpu != nil {
		m.addProfile(s.clientEnd(), "cpu", meter.cpu.Stop())
	}
	m.client.Elapsed = t.Elapsed()
	if !s.peak {
		delete(m.client.After.Levels, usage.PeakRSS)
	}
	if m.server != nil && ok {
		var cpu []byte
		var serverErr error
		m.server.After, cpu, serverErr = s.process.End()
		m.server.Elapsed = m.client.Elapsed
		if cpu != nil {
			m.addProfile("server", "cpu", cpu)
		}
		err = errors.Join(err, serverErr)
	}
	return err
}

// Report calls metric for the metrics of the set.
func (m *Measurement) Report(set units.Set, metric func(value float64, unit string)) {
	if m.idle != nil {
		m.idle.Report(metric)
	}
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

// reportClosed reports what a closed loop computes differently from an open loop.
func (m *Measurement) reportClosed(set units.Set, metric func(value float64, unit string)) {
	if elapsed := m.client.Elapsed; elapsed > 0 {
		rate := float64(m.client.Echoes) / elapsed.Seconds()
		metric(rate, "ops/s")
		reportData(rate, m.size, metric)
	}
	if set&units.Latency != 0 {
		m.latencies.RoundTrip.Report(metric)
	}
}

// reportData reports how much data the given number of echoes a second moves in one
// direction, unless package testing would print it as 0.
func reportData(perSecond float64, size payload.Size, metric func(value float64, unit string)) {
	if rate := perSecond * float64(size) / 1e6; rate >= 0.005 {
		metric(rate, "MB/s")
	}
}

// CPUPerEcho returns the processor time of one echo at both ends, in nanoseconds.
func (m *Measurement) CPUPerEcho() (float64, bool) {
	client, ok := m.client.CPU()
	if m.server != nil {
		server, both := m.server.CPU()
		client, ok = client+server, ok && both
	}
	return client / float64(m.client.Echoes), ok
}

// RoundTrips returns the latencies of all workers.
func (m *Measurement) RoundTrips() *latency.Recorder { return m.latencies.RoundTrip }

// Load describes which end was busy. It is empty if that is not known.
func (m *Measurement) Load() string { return units.Load(m.client, m.server) }

// Steadiness returns what is known of the response times at a rate. ok is false in a
// closed loop, and if the run was too short.
func (m *Measurement) Steadiness() (r steady.Report, ok bool) {
	if m.rate == nil || m.rate.short || !m.rate.steady.Judged {
		return steady.Report{}, false
	}
	return m.rate.steady, true
}
