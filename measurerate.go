package echobench

import (
	"errors"

	"github.com/echobench/echobench/internal/loop"
	"github.com/echobench/echobench/internal/openloop"
	"github.com/echobench/echobench/internal/steady"
	"github.com/echobench/echobench/internal/units"
	"github.com/echobench/echobench/payload"
)

// offered returns what measure offers the workers of a sample of the cell. If the
// cell's rate is a percentage of capacity, findRate completes it.
func (c cell) offered() offer {
	return offer{rate: c.rate.PerSecond, arrivals: c.arrivals, overload: c.overload, legs: c.metrics&units.Legs != 0}
}

// findRate measures the capacity, if the rate is a percentage of it.
func (s *sample) findRate(percent float64) error {
	if percent == 0 {
		return nil
	}
	capacity, err := s.capacity()
	s.offered.rate = capacity * percent / 100
	return err
}

// measureRate measures n arrivals at the sample's rate. If the rate was not kept, that
// is an error, unless overload is allowed.
func (s *sample) measureRate(n int, t timer, m *measurement, begin func() error) error {
	o := s.offered
	o.count, o.begin = n, begin
	result, err := s.offer(o, t)
	if err != nil {
		return err
	}
	r := &rateResult{Result: result, size: s.size, overload: o.overload}
	switch verdict := result.Verdict(); {
	case errors.Is(verdict, openloop.ErrShort):
		r.short = true
	case verdict != nil && !o.overload:
		return verdict
	}
	r.steady = s.trace.Analyse()
	m.rate = r
	m.latencies = &loop.Latencies{RoundTrip: result.Response, Legs: result.Legs}
	m.client.Generator = true
	return nil
}

// A rateResult is what was measured at a rate.
type rateResult struct {
	*openloop.Result
	size     payload.Size
	overload bool
	short    bool // too short to tell whether the rate was kept
	steady   steady.Report
}

// report calls metric for the units that a closed loop does not have or measures
// otherwise. Latencies are left out if the run was too short to tell whether the rate
// was kept. Percentiles with too few independent response times are not: samples in
// which slow responses cluster would then be missing, and the others would look better
// than the system is.
func (r *rateResult) report(set units.Set, metric func(value float64, unit string)) {
	metric(r.Offered(), "offered/s")
	if achieved := r.Achieved(); achieved > 0 {
		metric(achieved, "ops/s")
		metric(1e9/achieved, "ns/op")
		if rate := achieved * float64(r.size) / 1e6; rate >= leastRate {
			metric(rate, "MB/s")
		}
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
