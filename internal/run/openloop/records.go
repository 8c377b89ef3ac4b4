package openloop

import (
	"time"

	"github.com/echobench/echobench/internal/measure/latency"
)

// records has the figures of the recorded arrivals. The load's lock guards them: a
// worker takes it anyway, when it has finished a call and wants the next arrival.
type records struct {
	response, service, lag *latency.Recorder
	legs                   *latency.Legs // nil unless they are wanted
	count, refused, busy   int
	last                   int64             // when the last call was done
	serving                int64             // sum of all calls' durations
	waited                 [quarters]float64 // for a worker, sum by quarter of the arrivals
}

// quarters is the number of parts into which the arrivals are divided, to see whether a
// backlog grows.
const quarters = 4

func newRecords(legs bool) records {
	r := records{response: latency.NewRecorder(), service: latency.NewRecorder(), lag: latency.NewRecorder()}
	if legs {
		r.legs = latency.NewLegs()
	}
	return r
}

// record adds the call of recorded arrival i. The caller holds the lock.
func (l *Load) record(c *call, i int) {
	r := &l.records
	r.count++
	r.last = max(r.last, c.done)
	r.serving += c.done - c.sent
	if wait := c.free - c.due; wait > 0 {
		r.busy++
		r.waited[i*quarters/l.Count] += float64(wait)
	}
	r.lag.Record(c.sent - max(c.due, c.free))
	if c.refused {
		r.refused++
		return
	}
	r.response.Record(c.done - c.due)
	if l.Trace != nil {
		l.Trace.Record(uint64(i), c.done-c.due)
	}
	r.service.Record(c.done - c.sent)
	if r.legs != nil {
		r.legs.Record(l.wall(c.sent), c.answered, l.wall(c.done))
	}
}

// A Result is what was measured of a Load's recorded arrivals.
type Result struct {
	Response *latency.Recorder // from when a request should have been sent to its reply
	Service  *latency.Recorder // from when it was sent to its reply
	Lag      *latency.Recorder // from when it should have been sent and a worker was free, to when it was sent
	Legs     *latency.Legs     // nil unless Config.Legs is set

	Rate     float64 // that was wanted, arrivals a second
	Workers  int
	Arrivals int // all of them have been sent
	Refused  int // by the server
	Busy     int // arrivals that found all workers busy

	Span    time.Duration // of the schedule
	Elapsed time.Duration // from the same begin until the last request was done

	// Waited is how long arrivals waited for a worker on average, for each quarter of
	// the arrivals.
	Waited [quarters]time.Duration

	// Serving is the share of Elapsed that the workers waited for replies, on average.
	Serving float64
}

// Offered returns how many requests a second the schedule asked for.
func (r *Result) Offered() float64 { return float64(r.Arrivals) / r.Span.Seconds() }

// Achieved returns how many requests a second were answered, not counting those that
// the server refused.
func (r *Result) Achieved() float64 { return float64(r.Arrivals-r.Refused) / r.Elapsed.Seconds() }

// RefusedRate returns how many requests a second the server refused.
func (r *Result) RefusedRate() float64 { return float64(r.Refused) / r.Elapsed.Seconds() }

// Result returns what was measured. It is called once, when all workers have returned
// without an error.
func (l *Load) Result() *Result {
	r := &l.records
	result := &Result{
		Response: r.response, Service: r.service, Lag: r.lag, Legs: r.legs,
		Rate: l.Rate, Workers: l.Workers, Arrivals: r.count, Refused: r.refused, Busy: r.busy,
		Span: time.Duration(l.closes - l.opens), Elapsed: time.Duration(r.last - l.opens),
	}
	for i, sum := range r.waited {
		first, end := (i*l.Count+quarters-1)/quarters, ((i+1)*l.Count+quarters-1)/quarters
		result.Waited[i] = time.Duration(sum / float64(max(1, end-first)))
	}
	result.Serving = float64(r.serving) / float64(result.Elapsed) / float64(l.Workers)
	return result
}
