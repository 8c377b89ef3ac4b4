package openloop

import (
	"errors"
	"fmt"
	"time"
)

// The error of a Verdict matches one of these if the run is no measurement of the rate.
var (
	// ErrSystem means that the system could not keep up: all workers were busy, and
	// ever more arrivals waited for one.
	ErrSystem = errors.New("the system could not keep up")

	// ErrGenerator means that the generator could not: it sent late although workers
	// were free, or the workers spent their time on other things than waiting for
	// replies.
	ErrGenerator = errors.New("the load generator could not keep up")

	// ErrShort means that the run was too short to tell.
	ErrShort = errors.New("too short to tell whether the rate was kept")
)

const (
	// A run is judged only if it takes minElapsed or longer and has minArrivals or more.
	minElapsed  = 100 * time.Millisecond
	minArrivals = 20

	// minAchieved is the share of the offered rate that must be achieved, unless
	// the backlog does not grow.
	minAchieved = 0.99

	// minServing is how much of the time busy workers wait for replies. If it is
	// less, the generator keeps them busy, and not the system.
	minServing = 0.5

	// maxLagShare is the share of the mean response time that may be the generator's
	// lag. A lag whose 99th percentile is harmlessLag does not matter.
	maxLagShare = 0.5
	harmlessLag = 100 * time.Microsecond
)

// Verdict returns nil if the run is a measurement of the system at the rate, and
// otherwise an error with the figures.
func (r *Result) Verdict() error {
	if r.Elapsed < minElapsed || r.Arrivals < minArrivals {
		return fmt.Errorf("%w: %d arrivals in %v, want %d or more in %v or more", ErrShort, r.Arrivals, r.Elapsed.Round(time.Microsecond), minArrivals, minElapsed)
	}
	if r.Behind() && r.backlogGrew() {
		cause := ErrSystem
		if r.Serving < minServing {
			cause = ErrGenerator
		}
		return fmt.Errorf("%w: %.0f requests a second were offered and %.0f done; %.0f%% found all %d workers busy, and in the last quarter they waited %v for one; the workers waited for replies %.0f%% of the time",
			cause, r.Offered(), r.done(), 100*float64(r.Busy)/float64(r.Arrivals), r.Workers, r.Waited[quarters-1].Round(time.Microsecond), 100*r.Serving)
	}
	lag, mean, response := time.Duration(r.Lag.Percentile(99)), r.Lag.Mean(), r.Response.Mean()
	if lag > harmlessLag && mean > maxLagShare*response && r.Response.Count() > 0 {
		return fmt.Errorf("%w: at %.0f requests a second it sent %v late on average and %v at the 99th percentile although workers were free; the mean response time is %v",
			ErrGenerator, r.Offered(), time.Duration(mean).Round(time.Microsecond), lag.Round(time.Microsecond), time.Duration(response).Round(time.Microsecond))
	}
	return nil
}

// Behind reports whether noticeably fewer requests were done a second than were
// offered.
func (r *Result) Behind() bool { return r.done() < minAchieved*r.Offered() }

// done returns how many requests were answered or refused a second.
func (r *Result) done() float64 { return float64(r.Arrivals) / r.Elapsed.Seconds() }

// backlogGrew reports whether arrivals waited longer for a worker in each quarter of
// the run than in the one before, and how much longer is in proportion to the run. A
// single stall does not look like that.
func (r *Result) backlogGrew() bool {
	for i := 1; i < quarters; i++ {
		if r.Waited[i] <= r.Waited[i-1] {
			return false
		}
	}
	grown := r.Waited[quarters-1] - r.Waited[0]
	return float64(grown) > (1-minAchieved)*float64(r.Span)*(quarters-1)/quarters
}
