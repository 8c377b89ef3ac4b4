package echobench

import (
	"errors"
	"strings"

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
// otherwise. Percentiles are left out if the run was too short to tell whether the rate
// was kept, or if it has too few independent response times for them.
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
	r.Response.Report(r.independent(metric))
	r.Service.Report(func(value float64, unit string) { r.independent(metric)(value, "svc-"+unit) })
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

// independent returns a function that calls metric for a percentile only if the
// response times are enough for it. In overload, they grow for as long as the run
// lasts, and their number is all that counts.
func (r *rateResult) independent(metric func(value float64, unit string)) func(float64, string) {
	return func(value float64, unit string) {
		if r.overload || r.enough(unit) {
			metric(value, unit)
		}
	}
}

// enough reports whether there are enough independent response times for a unit.
func (r *rateResult) enough(unit string) bool {
	for name, p := range map[string]float64{"p50-ns": 0.5, "p99-ns": 0.99, "p999-ns": 0.999} {
		if strings.HasSuffix(unit, name) {
			return r.steady.Enough(p)
		}
	}
	return true
}
