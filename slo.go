package echobench

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/echobench/echobench/internal/run/openloop"
	"github.com/echobench/echobench/internal/stats/search"
	"github.com/echobench/echobench/internal/stats/steady"
)

// An SLO is a service level objective: a limit on a percentile of the response time, such
// as that 99% of the requests are answered within 1 ms of when they were due.
type SLO struct {
	// Percentile is the share of the requests, in percent, from 1 to 99.99.
	Percentile float64

	// Within is the response time that they do not exceed.
	Within time.Duration
}

// The largest percentile that a trial of some seconds can measure, and the smallest.
const (
	minPercentile = 1
	maxPercentile = 99.99
)

// UnmarshalText reads what String returns: "p99=1ms" or "p99.9=2.5ms". As in the names of
// units, "p999" stands for "p99.9", and "p9999" for "p99.99". There is no objective for
// the mean, because it says little about how long a caller may have to wait.
func (o *SLO) UnmarshalText(text []byte) error {
	name, limit, _ := strings.Cut(string(text), "=")
	digits, named := strings.CutPrefix(name, "p")
	if strings.HasPrefix(digits, "99") && len(digits) > 2 && !strings.Contains(digits, ".") {
		digits = "99." + digits[2:]
	}
	percentile, err := strconv.ParseFloat(digits, 64)
	within, limitErr := time.ParseDuration(limit)
	parsed := SLO{percentile, within}
	if !named || err != nil || limitErr != nil || parsed.check() != nil {
		return fmt.Errorf("echobench: slo %q: want a percentile of the response time, from p%v to p%v, and its limit, such as p99=1ms or p99.9=2.5ms",
			text, minPercentile, maxPercentile)
	}
	*o = parsed
	return nil
}

// String returns the text that UnmarshalText reads.
func (o SLO) String() string { return fmt.Sprintf("%s=%v", o.percentile(), o.Within) }

// percentile returns the name of the percentile, such as p99.9.
func (o SLO) percentile() string {
	return "p" + strconv.FormatFloat(o.Percentile, 'f', -1, 64)
}

func (o SLO) check() error {
	if !(o.Percentile >= minPercentile && o.Percentile <= maxPercentile) || o.Within <= 0 {
		return fmt.Errorf("slo of %v for the percentile %v: want more than 0, and a percentile from %v to %v", o.Within, o.Percentile, minPercentile, maxPercentile)
	}
	return nil
}

// arrivals returns how many requests it takes to measure the percentile.
func (o SLO) arrivals() int { return max(minArrivals, steady.Needed(o.Percentile/100)) }

// judge says what a trial has shown. It also returns the percentile of the SLO.
// Requests that the server refused count as slower than all others.
func (o SLO) judge(r *openloop.Result) (search.Outcome, time.Duration) {
	percentile := time.Duration(math.MaxInt64)
	if share := o.Percentile * float64(r.Arrivals) / float64(r.Arrivals-r.Refused); share < 100 {
		percentile = time.Duration(r.Response.Percentile(share))
	}
	verdict := r.Verdict()
	broken := percentile > o.Within
	switch {
	case errors.Is(verdict, openloop.ErrGenerator) && (broken || r.Behind()):
		// A late generator does not matter if the SLO was kept, because the response
		// times include its delays.
		return search.NotOffered, percentile
	case broken, errors.Is(verdict, openloop.ErrSystem):
		return search.Broken, percentile
	}
	return search.Kept, percentile
}

// checkSLOs returns the first mistake in a list of SLOs.
func checkSLOs(all []SLO) error {
	if len(all) == 0 {
		return errors.New("no slo: want one or more")
	}
	return checkEach("slo", all, SLO.check)
}
