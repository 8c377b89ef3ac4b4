// Package search finds the highest rate at which a system keeps a service level objective (SLO), such as that
// the 99th percentile of its response times is at most 1 ms.
//
// A trial offers a rate for about a second and says whether the SLO was kept. Near
// the highest rate, trials of the same rate disagree, because a percentile of a sample
// varies, and because servers, even of one build, differ. So the highest rate is
// defined as that at which half of the trials keep the SLO. This is the rate at
// which the percentile itself, and not only that of a sample, equals the limit, since a
// sample's percentile is as often above as below. RFC 9971 (MLRsearch), which searches
// for the throughput of network devices, also recommends that half of the trials may
// fail.
//
// The search has three phases. It doubles the rate until the SLO is broken (or
// halves it until it is kept), bisects, and then repeats trials at the edge. The last
// two are one algorithm, the probabilistic bisection of Horstein, "Sequential
// transmission using noiseless feedback", IEEE Transactions on Information Theory 9
// (1963), 136–143, in the form that psychophysics uses to find the threshold of a sense:
// Watson and Pelli, "QUEST: a Bayesian adaptive psychometric method", Perception &
// Psychophysics 33 (1983), 113–120. It keeps the probability of each possible highest
// rate, given all trials so far, and tries a rate in the middle of that distribution, or
// near one of its ends. The result is its median with its central 95%.
package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// An Outcome is what a trial has shown.
type Outcome int

const (
	Broken     Outcome = iota // the SLO was not kept
	Kept                      // the SLO was kept
	NotOffered                // the load generator could not offer the rate
)

// A Trial offers a rate, in requests a second. An error ends the search.
type Trial func(ctx context.Context, rate float64) (Outcome, error)

// Why there is no result.
var (
	// ErrNever means that no trial kept the SLO.
	ErrNever = errors.New("the slo was kept at no rate")

	// ErrAlways means that all trials kept it.
	ErrAlways = errors.New("the slo was kept at every rate")

	// ErrNotOffered means that no trial kept it because no rate could be offered.
	ErrNotOffered = errors.New("the load generator could not keep up at any rate")
)

// A Search says where to search and for how long.
type Search struct {
	Start            float64       // the first rate; between MinRate and MaxRate
	MinRate, MaxRate float64       // no rate outside is tried
	Trials           int           // the largest number of trials
	Time             time.Duration // after which no trial begins

	now func() time.Time // nil: time.Now
}

// A Result is the highest rate that keeps the SLO.
type Result struct {
	Max       float64 // the best estimate
	Low, High float64 // the highest rate is between them with 95% probability
	Trials    int

	// ByGenerator is true if most of the trials that failed at Low and above failed
	// because the rate could not be offered. The system might then keep the SLO at
	// higher rates.
	ByGenerator bool
}

const (
	// extremes is how many trials at MinRate, or at MaxRate, decide that the SLO is
	// kept at no rate, or at every rate.
	extremes = 3

	// narrow is the width of the interval, as a share of the rate, with which the
	// search ends early. It needs minTrials trials for that.
	narrow    = 0.05
	minTrials = 15

	// attempts is how many times a rate is tried that cannot be offered.
	attempts = 3

	// bisections is how many trials after the bracket are in the middle.
	bisections = 3

	// maxAlike is how many trials in a row may have the same outcome after the
	// bracket before next goes further away.
	maxAlike = 5
)

// quantileFor returns the quantile of the distribution at which a trial after the bracket is
// placed. Trials in the middle find the edge. Trials near the ends find out whether it is
// sharp, on which the width of the interval depends.
func quantileFor(turn int) float64 {
	if turn < bisections {
		return 0.5
	}
	return [...]float64{0.1, 0.9, 0.5}[(turn-bisections)%3]
}

// Run searches. It returns the last trial's error, or ctx's, as soon as there is one.
func (s Search) Run(ctx context.Context, trial Trial) (Result, error) {
	r, err := s.begin(ctx, trial)
	if err != nil {
		return Result{}, err
	}
	if err := r.bracket(); err != nil {
		return Result{}, err
	}
	r.alike = 0
	for turn := 0; r.more(); turn++ {
		low, high := r.edge.quantile(0.025), r.edge.quantile(0.975)
		if high/low <= 1+narrow && r.trials >= minTrials {
			break
		}
		if _, err := r.try(r.next(turn)); err != nil {
			return Result{}, err
		}
	}
	return r.result(), nil
}

// A run is a search that is under way.
type run struct {
	Search
	ctx   context.Context
	trial Trial
	end   time.Time
	edge  *edge

	trials int     // so far
	tried  []tried // what was learned from
	alike  int     // how many of the last had the same outcome
}

type tried struct {
	rate    float64
	outcome Outcome
}

func (s Search) begin(ctx context.Context, trial Trial) (*run, error) {
	if !(0 < s.MinRate && s.MinRate <= s.Start && s.Start <= s.MaxRate) || math.IsInf(s.MaxRate, 1) || s.Trials < 1 || s.Time <= 0 {
		return nil, fmt.Errorf("search: %d trials in %v from rate %v, between %v and %v: want positive numbers and a start between the limits",
			s.Trials, s.Time, s.Start, s.MinRate, s.MaxRate)
	}
	if s.now == nil {
		s.now = time.Now
	}
	return &run{Search: s, ctx: ctx, trial: trial, end: s.now().Add(s.Time), edge: newEdge(s.MinRate, s.MaxRate)}, nil
}

// more reports whether another trial may begin.
func (r *run) more() bool { return r.trials < r.Trials && r.now().Before(r.end) }

// try makes a trial and learns from it. A rate that could not be offered is tried again,
// because the cause is more often a disturbance than the rate.
func (r *run) try(rate float64) (kept bool, err error) {
	outcome := NotOffered
	for i := 0; i == 0 || i < attempts && outcome == NotOffered && r.more(); i++ {
		if err := context.Cause(r.ctx); err != nil {
			return false, err
		}
		if outcome, err = r.trial(r.ctx, rate); err != nil {
			return false, err
		}
		r.trials++
	}
	kept = outcome == Kept
	if n := len(r.tried); n > 0 && kept == (r.tried[n-1].outcome == Kept) {
		r.alike++
	} else {
		r.alike = 1
	}
	r.tried = append(r.tried, tried{rate, outcome})
	r.edge.learn(rate, kept)
	return kept, nil
}

// next returns the rate for the next trial. If many trials in a row had the same
// outcome, the edge is not where it seemed to be, because the machine was disturbed for a
// while. Then next goes ever further away from it.
func (r *run) next(turn int) float64 {
	rate := r.edge.quantile(quantileFor(turn))
	if r.alike > maxAlike {
		last := r.tried[len(r.tried)-1]
		if last.outcome == Kept {
			rate = max(rate, last.rate*2)
		} else {
			rate = min(rate, last.rate/2)
		}
	}
	return min(max(rate, r.MinRate), r.MaxRate)
}

// bracket doubles the rate from Start until a trial fails, or halves it until one keeps
// the SLO. It returns an error if there is no such rate.
func (r *run) bracket() error {
	first, err := r.try(r.Start)
	if err != nil {
		return err
	}
	factor, limit := 2.0, r.MaxRate
	if !first {
		factor, limit = 0.5, r.MinRate
	}
	rate := r.Start
	for atLimit := 0; r.more(); {
		rate = min(max(rate*factor, r.MinRate), r.MaxRate)
		kept, err := r.try(rate)
		if err != nil || kept != first {
			return err
		}
		if rate == limit {
			if atLimit++; atLimit == extremes {
				break
			}
		}
	}
	switch {
	case first:
		return fmt.Errorf("%w: %d trials up to %.0f/s", ErrAlways, r.trials, rate)
	case r.tried[len(r.tried)-1].outcome == NotOffered:
		return fmt.Errorf("%w: %d trials down to %.0f/s", ErrNotOffered, r.trials, rate)
	}
	return fmt.Errorf("%w: %d trials down to %.0f/s", ErrNever, r.trials, rate)
}

func (r *run) result() Result {
	result := Result{Max: r.edge.quantile(0.5), Low: r.edge.quantile(0.025), High: r.edge.quantile(0.975), Trials: r.trials}
	broken, notOffered := 0, 0
	for _, t := range r.tried {
		switch {
		case t.rate < result.Low:
		case t.outcome == Broken:
			broken++
		case t.outcome == NotOffered:
			notOffered++
		}
	}
	result.ByGenerator = notOffered > broken
	return result
}
