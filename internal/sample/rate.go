package sample

import (
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/run/openloop"
	"github.com/echobench/echobench/internal/stats/steady"
	"github.com/echobench/echobench/payload"
)

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
