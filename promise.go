package echobench

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/echobench/echobench/internal/openloop"
	"github.com/echobench/echobench/internal/search"
	"github.com/echobench/echobench/internal/steady"
)

// A Promise is a limit on a percentile of the response time, such as that 99% of the
// requests are answered within 1 ms of when they were due. Such a promise is also
// called a service level objective.
type Promise struct {
	// Percentile is the share of the requests, in percent, from 1 to 99.99.
	Percentile float64

	// Within is the response time that they do not exceed.
	Within time.Duration
}

// The largest percentile that a trial of some seconds can measure, and the smallest.
const (
	leastPercentile = 1
	mostPercentile  = 99.99
)

// ParsePromise returns the promise that String describes as s: "p99=1ms" or
// "p99.9=2.5ms". As in the names of units, "p999" stands for "p99.9", and "p9999" for
// "p99.99". There is no promise about the mean, because it says little about how long
// a caller may have to wait.
func ParsePromise(s string) (Promise, error) {
	name, limit, _ := strings.Cut(s, "=")
	digits, named := strings.CutPrefix(name, "p")
	if strings.HasPrefix(digits, "99") && len(digits) > 2 && !strings.Contains(digits, ".") {
		digits = "99." + digits[2:]
	}
	percentile, err := strconv.ParseFloat(digits, 64)
	within, limitErr := time.ParseDuration(limit)
	p := Promise{percentile, within}
	if !named || err != nil || limitErr != nil || p.check() != nil {
		return Promise{}, fmt.Errorf("echobench: promise %q: want a percentile of the response time, from p%v to p%v, and its limit, such as p99=1ms or p99.9=2.5ms",
			s, leastPercentile, mostPercentile)
	}
	return p, nil
}

// String returns p in the form that ParsePromise reads.
func (p Promise) String() string { return fmt.Sprintf("%s=%v", p.percentile(), p.Within) }

// percentile returns the name of the percentile, such as p99.9.
func (p Promise) percentile() string {
	return "p" + strconv.FormatFloat(p.Percentile, 'f', -1, 64)
}

func (p Promise) check() error {
	if !(p.Percentile >= leastPercentile && p.Percentile <= mostPercentile) || p.Within <= 0 {
		return fmt.Errorf("promise of %v for the percentile %v: want more than 0, and a percentile from %v to %v", p.Within, p.Percentile, leastPercentile, mostPercentile)
	}
	return nil
}

// checkPromises returns the first mistake in the Suite's Promises and what is combined
// with them.
func (s *Suite) checkPromises() error {
	if s.Promises == nil {
		return nil
	}
	if len(s.Promises) == 0 {
		return fmt.Errorf("a suite of 0 promises has no cell")
	}
	if s.Rates != nil || s.Overload || s.Counters || s.Histograms != "" {
		return fmt.Errorf("promises with rates, overload, counters or histograms: a search for the highest rate has none of them")
	}
	for i, p := range s.Promises {
		if err := p.check(); err != nil {
			return err
		}
		for _, other := range s.Promises[:i] {
			if p == other {
				return fmt.Errorf("promise %v appears twice, so that the results could not be told apart", p)
			}
		}
	}
	return nil
}

// withPromises returns the cell with each promise, or c itself if there are none.
func (c cell) withPromises(promises []Promise) []cell {
	if promises == nil {
		return []cell{c}
	}
	var cells []cell
	for _, p := range promises {
		d := c
		d.promise = p
		d.Overload = true // a refusal breaks a promise, and not the benchmark
		d.axes += fmt.Sprintf("/slo=%v", p)
		cells = append(cells, d)
	}
	return cells
}

// arrivals returns how many requests it takes to measure the percentile.
func (p Promise) arrivals() int { return max(arrivalsLeast, steady.Needed(p.Percentile/100)) }

// judge says what a trial has shown. It also returns the percentile that was promised.
// Requests that the server refused count as slower than all others.
func (p Promise) judge(r *openloop.Result) (search.Outcome, time.Duration) {
	percentile := time.Duration(math.MaxInt64)
	if share := p.Percentile * float64(r.Arrivals) / float64(r.Arrivals-r.Refused); share < 100 {
		percentile = time.Duration(r.Response.Percentile(share))
	}
	verdict := r.Verdict()
	broken := percentile > p.Within
	switch {
	case errors.Is(verdict, openloop.ErrGenerator) && (broken || r.Behind()):
		// That it was late at times does not matter if the promise was kept: the
		// response times include it.
		return search.NotOffered, percentile
	case broken, errors.Is(verdict, openloop.ErrSystem):
		return search.Broken, percentile
	}
	return search.Kept, percentile
}
