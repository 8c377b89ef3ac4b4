// Package latency records the latencies of echoes and reports their percentiles and
// mean.
package latency

import (
	"sync/atomic"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Recorder keeps latencies in a histogram of nanoseconds with two significant
// digits, so that a percentile is at most 1% off. It takes 37 KB. Three digits
// would take ten times as much, and a heap that large would change how often the
// garbage of the measured code is collected.
//
// Record may be called by one goroutine, or by several if the Recorder was made to
// be shared. The other methods are for one goroutine, while nobody records.
type Recorder struct {
	counts []int64 // of the latencies in each bucket
	sum    int64   // exact, for the mean
	shared *shared // takes the place of the above for several goroutines; otherwise nil
}

// shared has the fields of a Recorder for several goroutines.
type shared struct {
	counts [buckets]atomic.Int64
	sum    atomic.Int64
}

// NewRecorder returns an empty Recorder for one goroutine.
func NewRecorder() *Recorder { return &Recorder{counts: make([]int64, buckets)} }

// NewShared returns an empty Recorder for several goroutines.
func NewShared() *Recorder { return &Recorder{shared: new(shared)} }

// Reset removes all latencies.
func (r *Recorder) Reset() {
	clear(r.counts)
	r.sum = 0
	if r.shared != nil {
		*r.shared = shared{}
	}
}

// Record adds a latency in nanoseconds. One that exceeds an hour counts as an hour in
// the percentiles; a negative one is ignored. Record neither allocates nor locks.
func (r *Recorder) Record(ns int64) {
	i := bucket(min(ns, maxLatency))
	if uint(i) < buckets {
		r.add(i, 1, ns)
	}
}

// Merge adds the latencies of other.
func (r *Recorder) Merge(other *Recorder) {
	for i, n := range other.all() {
		r.add(i, n, 0)
	}
	r.add(0, 0, other.total())
}

// add adds n latencies to bucket i, and sum to the sum.
func (r *Recorder) add(i int, n, sum int64) {
	if r.shared != nil {
		r.shared.counts[i].Add(n)
		r.shared.sum.Add(sum)
		return
	}
	r.counts[i] += n
	r.sum += sum
}

// all returns the number of latencies in each bucket.
func (r *Recorder) all() []int64 {
	if r.shared == nil {
		return r.counts
	}
	counts := make([]int64, buckets)
	for i := range counts {
		counts[i] = r.shared.counts[i].Load()
	}
	return counts
}

// total returns the sum of the latencies.
func (r *Recorder) total() int64 {
	if r.shared != nil {
		return r.shared.sum.Load()
	}
	return r.sum
}

// Count returns the number of latencies.
func (r *Recorder) Count() (n int64) {
	for _, count := range r.all() {
		n += count
	}
	return n
}

// histogram returns the latencies as a histogram, which may share their storage.
func (r *Recorder) histogram() *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue:  minLatency,
		HighestTrackableValue: maxLatency,
		SignificantFigures:    digits,
		Counts:                r.all(),
	})
}

// percentiles are those that a result line can show.
var percentiles = []struct {
	unit   string
	p      float64
	beyond int64 // one latency in this many lies beyond the percentile
}{{"p50-ns", 50, 2}, {"p95-ns", 95, 20}, {"p99-ns", 99, 100}, {"p999-ns", 99.9, 1000}}

// minBeyond is how many latencies must lie beyond a percentile for it to be
// reported. With fewer, the figure would be little more than a guess.
const minBeyond = 10

// Report calls metric for each percentile and for the mean.
func (r *Recorder) Report(metric func(value float64, unit string)) {
	r.reportPercentiles(metric)
	if mean := r.Mean(); mean > 0 {
		metric(mean, "mean-ns")
	}
}

// reportPercentiles calls metric for each percentile that has enough latencies
// beyond it. It leaves out a value of 0, because benchstat would put it into a
// table of its own.
func (r *Recorder) reportPercentiles(metric func(value float64, unit string)) {
	histogram, count := r.histogram(), r.Count()
	for _, p := range percentiles {
		value := histogram.ValueAtPercentile(p.p)
		if value > 0 && count >= minBeyond*p.beyond {
			metric(float64(value), p.unit)
		}
	}
}

// Percentile returns the latency, in nanoseconds, that p percent of the latencies do
// not exceed; it is at most 1% off. Without latencies it returns 0.
func (r *Recorder) Percentile(p float64) int64 { return r.histogram().ValueAtPercentile(p) }

// Mean returns the exact mean in nanoseconds. Without latencies it returns 0.
func (r *Recorder) Mean() float64 { return float64(r.total()) / float64(max(1, r.Count())) }
