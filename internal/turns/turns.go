// Package turns compares things in turns within one benchmark, so that all of
// them meet the same machine at nearly the same time. It is for the benchmarks of
// this module; package compare compares builds.
package turns

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// newHistogram returns a histogram of latencies in nanoseconds with three
// significant digits.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(time.Minute), 3)
}

// A Call is one side of a comparison of latencies.
type Call struct {
	Name string       // prefix of the units
	Echo func() error // one round trip

	// Batch, if not nil, is called once in Every iterations in place of Echo, and
	// returns the latencies that it measured itself, in nanoseconds.
	Batch func() ([]int64, error)
	Every int
}

// Latency makes each call once in every iteration of b and reports its median as
// NAME-p50-ns. For every side after the first it also reports the ratio of the
// medians, FIRST-over-NAME.
func Latency(b *testing.B, calls ...Call) {
	b.Helper()
	rtts := make([]*hdrhistogram.Histogram, len(calls))
	for i := range rtts {
		rtts[i] = newHistogram()
	}
	for n := 0; b.Loop(); n++ {
		for i, c := range calls {
			if err := c.measure(n, rtts[i]); err != nil {
				b.Fatalf("%s: %v", c.Name, err)
			}
		}
	}
	b.ReportMetric(0, "ns/op") // the time of all sides together has no meaning
	first := float64(rtts[0].ValueAtPercentile(50))
	for i, c := range calls {
		p50 := float64(rtts[i].ValueAtPercentile(50))
		b.ReportMetric(p50, c.Name+"-p50-ns")
		if i > 0 {
			b.ReportMetric(first/p50, calls[0].Name+"-over-"+c.Name)
		}
	}
}

func (c Call) measure(n int, rtt *hdrhistogram.Histogram) error {
	if c.Batch != nil {
		if n%c.Every != 0 {
			return nil
		}
		latencies, err := c.Batch()
		for _, ns := range latencies {
			rtt.RecordValue(ns)
		}
		return err
	}
	start := time.Now()
	err := c.Echo()
	rtt.RecordValue(int64(time.Since(start)))
	return err
}

// Median returns the median of values, which must not be empty.
func Median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
