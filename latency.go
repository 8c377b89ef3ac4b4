package echobench

import (
	"errors"
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

// legs are the two ways of a round trip, told apart by the server's timestamp.
// That takes one clock for both ends: a leg that seems negative shows that they
// differ, and then neither is reported.
type legs struct {
	request, response recorder
	clocksDiffer      bool
}

func newLegs() *legs { return &legs{request: newRecorder(), response: newRecorder()} }

func (l *legs) reset() {
	l.request.reset()
	l.response.reset()
	l.clocksDiffer = false
}

// record takes the three moments in Unix nanoseconds.
func (l *legs) record(sent, answered, received int64) {
	if answered < sent || received < answered {
		l.clocksDiffer = true
		return
	}
	l.request.record(answered - sent)
	l.response.record(received - answered)
}

func (l *legs) merge(other *legs) error {
	l.clocksDiffer = l.clocksDiffer || other.clocksDiffer
	return errors.Join(l.request.merge(other.request), l.response.merge(other.response))
}

func (l *legs) report(metric func(value float64, unit string)) {
	if l.clocksDiffer {
		return
	}
	for _, leg := range []struct {
		prefix string
		recorder
	}{{"req-", l.request}, {"resp-", l.response}} {
		leg.reportPercentiles(func(value float64, unit string) {
			if unit != "p999-ns" {
				metric(value, leg.prefix+unit)
			}
		})
	}
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

// report calls metric for the percentiles and the mean.
func (r *recorder) report(metric func(value float64, unit string)) {
	r.reportPercentiles(metric)
	if r.sum > 0 {
		metric(float64(r.sum)/float64(r.count()), "mean-ns")
	}
}

// reportPercentiles calls metric for each percentile with enough samples beyond
// it. A value of 0 is left out: benchstat would put it in another table.
func (r *recorder) reportPercentiles(metric func(value float64, unit string)) {
	for _, p := range percentiles {
		value := r.histogram.ValueAtPercentile(p.p)
		if value > 0 && r.count() >= enoughBeyond*p.beyond {
			metric(float64(value), p.unit)
		}
	}
}
