package loop

import (
	"runtime"

	"github.com/echobench/echobench/internal/measure/latency"
	"github.com/echobench/echobench/payload"
)

// Latencies are those of one worker or of several.
type Latencies struct {
	RoundTrip *latency.Recorder
	Legs      *latency.Legs // nil unless they are recorded
}

// NewLatencies returns Latencies for the given number of workers. Worker i records into
// the element i modulo the length. A few workers have one element each. Many workers
// share elements, because 10,000 histograms would take more memory than 10,000
// connections. There are several elements for each processor, so that two workers
// seldom write to the same one at the same time. legs says whether to record the
// request and the reply separately as well.
func NewLatencies(workers int, legs bool) []*Latencies {
	all := make([]*Latencies, min(workers, max(minHistograms, 4*runtime.GOMAXPROCS(0))))
	for i := range all {
		shared := len(all) < workers
		all[i] = newLatencies(shared, legs)
	}
	return all
}

// minHistograms is the minimum number of histograms that many workers share.
const minHistograms = 64

func newLatencies(shared, legs bool) *Latencies {
	newRecorder, newLegs := latency.NewRecorder, latency.NewLegs
	if shared {
		newRecorder, newLegs = latency.NewShared, latency.NewSharedLegs
	}
	l := &Latencies{RoundTrip: newRecorder()}
	if legs {
		l.Legs = newLegs()
	}
	return l
}

// Reset removes all latencies.
func (l *Latencies) Reset() {
	l.RoundTrip.Reset()
	if l.Legs != nil {
		l.Legs.Reset()
	}
}

// Merge adds the latencies of other, which has legs if l has.
func (l *Latencies) Merge(other *Latencies) {
	l.RoundTrip.Merge(other.RoundTrip)
	if l.Legs != nil {
		l.Legs.Merge(other.Legs)
	}
}

// record adds the latency of a reply. start and end are readings of the clock.
func (l *Latencies) record(clock Clock, start, end int64, reply *payload.Payload) {
	l.RoundTrip.Record(end - start)
	if l.Legs != nil {
		l.Legs.Record(clock.wall(start), reply.Timestamp, clock.wall(end))
	}
}
