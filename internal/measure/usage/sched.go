package usage

import "runtime/metrics"

// minScheduled is how many goroutines must have been scheduled for a percentile of
// their latencies.
const minScheduled = 1000

// schedHistogram returns the Go scheduler's histogram of how long goroutines were
// runnable before they ran, or nil if this version of Go does not have it.
func schedHistogram() *metrics.Float64Histogram {
	read := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(read)
	if read[0].Value.Kind() != metrics.KindFloat64Histogram {
		return nil
	}
	return read[0].Value.Float64Histogram()
}

// SchedP99 returns the 99th percentile of the Go scheduler's latency from before to
// s, in nanoseconds. ok is false if fewer than a thousand goroutines were scheduled.
func (s Snapshot) SchedP99(before Snapshot) (ns float64, ok bool) {
	h := schedHistogram()
	if h == nil || len(h.Counts) == 0 || len(s.Sched) != len(h.Counts) || len(before.Sched) != len(h.Counts) {
		return 0, false
	}
	var total uint64
	for i := range s.Sched {
		total += s.Sched[i] - before.Sched[i]
	}
	if total < minScheduled {
		return 0, false
	}
	beyond := total / 100
	for i := len(s.Sched) - 1; i >= 0; i-- {
		n := s.Sched[i] - before.Sched[i]
		if n > beyond {
			// The percentile is the lower bound of its bucket, because the upper bound
			// of the last bucket is infinite.
			return h.Buckets[i] * 1e9, h.Buckets[i] > 0
		}
		beyond -= n
	}
	return 0, false
}
