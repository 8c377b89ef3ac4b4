package echobench

import (
	"github.com/echobench/echobench/internal/paired"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/internal/units"
)

// figures are the results of one slice of one side of a duel, by unit.
type figures map[string]float64

func figuresOf(m *sample.Measurement, set units.Set) figures {
	f := figures{}
	m.Report(set&units.Latency, func(value float64, unit string) { f[unit] = value })
	if cpu, ok := m.CPUPerEcho(); ok && set&units.CPU != 0 {
		f[units.CPUPerOp] = cpu
	}
	return f
}

// pairs are the figures of a duel. a[i] and b[i] ran next to each other.
type pairs struct{ a, b []figures }

// confidence is that of the intervals. pairsLeast is how many pairs it takes.
const (
	confidence = 0.95
	pairsLeast = 6
)

// report calls metric for the medians of both sides and for their ratio with its
// interval, for each unit that all slices have.
func (p pairs) report(metric func(value float64, unit string)) {
	for _, u := range units.Duel {
		a, b := column(p.a, u.Name), column(p.b, u.Name)
		if a == nil || b == nil {
			continue
		}
		metric(paired.Median(a), "a-"+u.Name)
		metric(paired.Median(b), "b-"+u.Name)
		interval, ok := paired.Estimate(b, a, confidence)
		metric(interval.Ratio, u.Ratio)
		if ok {
			metric(interval.Low, u.Ratio+"-low")
			metric(interval.High, u.Ratio+"-high")
		}
	}
}

// column returns the values of one unit, or nil if a slice does not have one.
func column(all []figures, unit string) (values []float64) {
	for _, f := range all {
		if f[unit] <= 0 {
			return nil
		}
		values = append(values, f[unit])
	}
	return values
}
