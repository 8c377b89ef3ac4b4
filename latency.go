package echobench

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the largest latency that the histogram tells apart.
const longest = int64(time.Hour)

// A recorder keeps one worker's latencies: a histogram of nanoseconds with two
// significant digits, so a percentile is at most 1% off, in 37 KB. Three digits
// would take ten times as much, which for 500 workers is a heap that changes
// how often the measured code is collected.
type recorder struct {
	histogram *hdrhistogram.Histogram
	sum       int64 // exact, for the mean
}

func newRecorder() recorder { return recorder{histogram: hdrhistogram.New(1, longest, 2)} }

func (r *recorder) reset() {
	r.histogram.Reset()
	r.sum = 0
}

func (r *recorder) record(ns int64) {
	r.sum += ns
	r.histogram.RecordValue(min(ns, longest))
}

func (r *recorder) merge(other recorder) error {
	r.sum += other.sum
	if dropped := r.histogram.Merge(other.histogram); dropped != 0 {
		return fmt.Errorf("%d latencies did not fit the histogram", dropped)
	}
	return nil
}

func (r *recorder) count() int64 { return r.histogram.TotalCount() }

// percentiles that a line can show, in benchstat's order of interest.
var percentiles = []struct {
	unit   string
	p      float64
	beyond int64 // one sample in so many lies beyond it
}{{"p50-ns", 50, 2}, {"p99-ns", 99, 100}, {"p999-ns", 99.9, 1000}}

// enoughBeyond is how many samples must lie beyond a percentile before it is
// more than a guess.
const enoughBeyond = 10

// report calls metric for the mean and for each percentile with enough samples
// beyond it. A value of 0 is left out: benchstat would put it in another table.
func (r *recorder) report(metric func(value float64, unit string)) {
	n := r.count()
	if n == 0 || r.sum <= 0 {
		return
	}
	for _, p := range percentiles {
		value := r.histogram.ValueAtPercentile(p.p)
		if value > 0 && n >= enoughBeyond*p.beyond {
			metric(float64(value), p.unit)
		}
	}
	metric(float64(r.sum)/float64(n), "mean-ns")
}
