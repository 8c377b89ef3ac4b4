package latency

import "sync/atomic"

// Legs records the two directions of round trips separately, using the server's
// timestamp. This requires that both ends read the same clock. If a leg seems to
// take negative time the clocks differ, and neither leg is reported. Its methods may be
// called as those of a [Recorder].
type Legs struct {
	request, response *Recorder
	clocksDiffer      atomic.Bool
}

// NewLegs returns empty Legs for one goroutine.
func NewLegs() *Legs { return &Legs{request: NewRecorder(), response: NewRecorder()} }

// NewSharedLegs returns empty Legs for several goroutines.
func NewSharedLegs() *Legs { return &Legs{request: NewShared(), response: NewShared()} }

// Reset removes all latencies.
func (l *Legs) Reset() {
	l.request.Reset()
	l.response.Reset()
	l.clocksDiffer.Store(false)
}

// Record adds a round trip, given when the request was sent, when the server
// answered it and when the reply was received, in nanoseconds of Unix time.
func (l *Legs) Record(sent, answered, received int64) {
	if answered < sent || received < answered {
		l.clocksDiffer.Store(true)
		return
	}
	l.request.Record(answered - sent)
	l.response.Record(received - answered)
}

// Merge adds the latencies of other.
func (l *Legs) Merge(other *Legs) {
	if other.clocksDiffer.Load() {
		l.clocksDiffer.Store(true)
	}
	l.request.Merge(other.request)
	l.response.Merge(other.response)
}

// Report calls metric for the percentiles of each leg.
func (l *Legs) Report(metric func(value float64, unit string)) {
	if l.clocksDiffer.Load() {
		return
	}
	for _, leg := range []struct {
		prefix string
		*Recorder
	}{{"req-", l.request}, {"resp-", l.response}} {
		leg.reportPercentiles(func(value float64, unit string) {
			if unit == "p50-ns" || unit == "p99-ns" {
				metric(value, leg.prefix+unit)
			}
		})
	}
}
