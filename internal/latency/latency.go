// Package latency records the latencies of one worker's echoes and reports their
// percentiles and mean.
package latency

import (
	"errors"
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the largest latency that a histogram can hold, in nanoseconds.
// Longer ones are recorded as this.
const longest = int64(time.Hour)

// A Recorder keeps latencies in a histogram of nanoseconds with two significant
// digits, so that a percentile is at most 1% off. It takes 37 KB. Three digits
// would take ten times as much, and a heap that large would change how often the
// garbage of the measured code is collected. A Recorder is for one goroutine.
type Recorder struct {
	histogram *hdrhistogram.Histogram
	sum       int64 // exact, for the mean
}

// NewRecorder returns an empty Recorder.
func NewRecorder() *Recorder {
	return &Recorder{histogram: hdrhistogram.New(1, longest, 2)}
}

// Reset removes all latencies.
func (r *Recorder) Reset() {
	if r.Count() > 0 {
		r.histogram.Reset()
	}
	r.sum = 0
}

// Record adds a latency in nanoseconds. It does not allocate.
func (r *Recorder) Record(ns int64) {
	r.sum += ns
	r.histogram.RecordValue(min(ns, longest))
}

// Merge adds the latencies of other.
func (r *Recorder) Merge(other *Recorder) error {
	r.sum += other.sum
	if dropped := r.histogram.Merge(other.histogram); dropped != 0 {
		return fmt.Errorf("%d latencies did not fit the histogram", dropped)
	}
	return nil
}

// Count returns the number of latencies.
func (r *Recorder) Count() int64 { return r.histogram.TotalCount() }

// percentiles are those that a result line can show.
var percentiles = []struct {
	unit   string
	p      float64
	beyond int64 // one latency in this many lies beyond the percentile
}{{"p50-ns", 50, 2}, {"p99-ns", 99, 100}, {"p999-ns", 99.9, 1000}}

// enoughBeyond is how many latencies must lie beyond a percentile for it to be
// reported. With fewer, the figure would be little more than a guess.
const enoughBeyond = 10

// Report calls metric for each percentile and for the mean.
func (r *Recorder) Report(metric func(value float64, unit string)) {
	r.reportPercentiles(metric)
	if r.sum > 0 {
		metric(float64(r.sum)/float64(r.Count()), "mean-ns")
	}
}

// reportPercentiles calls metric for each percentile that has enough latencies
// beyond it. It leaves out a value of 0, because benchstat would put it into a
// table of its own.
func (r *Recorder) reportPercentiles(metric func(value float64, unit string)) {
	for _, p := range percentiles {
		value := r.histogram.ValueAtPercentile(p.p)
		if value > 0 && r.Count() >= enoughBeyond*p.beyond {
			metric(float64(value), p.unit)
		}
	}
}

// Legs records the two directions of round trips separately, using the server's
// timestamp. This requires that both ends read the same clock. If a leg seems to
// take negative time the clocks differ, and neither leg is reported.
type Legs struct {
	request, response *Recorder
	clocksDiffer      bool
}

// NewLegs returns empty Legs.
func NewLegs() *Legs { return &Legs{request: NewRecorder(), response: NewRecorder()} }

// Reset removes all latencies.
func (l *Legs) Reset() {
	l.request.Reset()
	l.response.Reset()
	l.clocksDiffer = false
}

// Record adds a round trip, given when the request was sent, when the server
// answered it and when the reply was received, in nanoseconds of Unix time.
func (l *Legs) Record(sent, answered, received int64) {
	if answered < sent || received < answered {
		l.clocksDiffer = true
		return
	}
	l.request.Record(answered - sent)
	l.response.Record(received - answered)
}

// Merge adds the latencies of other.
func (l *Legs) Merge(other *Legs) error {
	l.clocksDiffer = l.clocksDiffer || other.clocksDiffer
	return errors.Join(l.request.Merge(other.request), l.response.Merge(other.response))
}

// Report calls metric for the percentiles of each leg.
func (l *Legs) Report(metric func(value float64, unit string)) {
	if l.clocksDiffer {
		return
	}
	for _, leg := range []struct {
		prefix string
		*Recorder
	}{{"req-", l.request}, {"resp-", l.response}} {
		leg.reportPercentiles(func(value float64, unit string) {
			if unit != "p999-ns" {
				metric(value, leg.prefix+unit)
			}
		})
	}
}
