package echobench

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/echobench/echobench/internal/run/openloop"
)

// A Rate is how many requests arrive in a second, whether or not earlier ones have been
// answered (an open loop). Exactly one field is set.
type Rate struct {
	// PerSecond is the number of requests a second, at most 100 million.
	PerSecond float64

	// Percent is the rate as a percentage of what the same cell makes in a closed
	// loop, measured just before on the same connections.
	Percent float64
}

// maxPerSecond is the largest Rate. Gaps between arrivals are whole nanoseconds.
const maxPerSecond = 1e8

// UnmarshalText reads what String returns: "2000" is 2,000 requests a second, and "50%"
// is half of what a closed loop makes.
func (r *Rate) UnmarshalText(text []byte) error {
	var parsed Rate
	field := &parsed.PerSecond
	number, percent := strings.CutSuffix(string(text), "%")
	if percent {
		field = &parsed.Percent
	}
	var err error
	if *field, err = strconv.ParseFloat(number, 64); err == nil {
		err = parsed.check()
	}
	if err != nil {
		return fmt.Errorf("echobench: rate %q: want requests a second, such as 2000, more than 0 and at most %.0f, or a percentage of capacity, such as 50%%", text, maxPerSecond)
	}
	*r = parsed
	return nil
}

// String returns the text that UnmarshalText reads.
func (r Rate) String() string {
	if r.Percent != 0 {
		return strconv.FormatFloat(r.Percent, 'f', -1, 64) + "%"
	}
	return strconv.FormatFloat(r.PerSecond, 'f', -1, 64)
}

func (r Rate) check() error {
	set := r.PerSecond + r.Percent
	one := r.PerSecond == 0 || r.Percent == 0
	if !one || !(set > 0) || math.IsInf(set, 0) || r.PerSecond > maxPerSecond {
		return fmt.Errorf("rate of %v requests a second and %v%% of capacity: want one of them, more than 0 and at most %.0f a second", r.PerSecond, r.Percent, maxPerSecond)
	}
	return nil
}

// Arrivals says how the requests of an open loop are distributed in time.
type Arrivals int

const (
	// Poisson arrivals are those of many independent callers: the gaps between them
	// are exponentially distributed.
	Poisson = Arrivals(openloop.Poisson)

	// Uniform arrivals have equal gaps.
	Uniform = Arrivals(openloop.Uniform)
)

// String returns "poisson" or "uniform".
func (a Arrivals) String() string { return openloop.Arrivals(a).String() }

func (a Arrivals) check() error { return openloop.Arrivals(a).Check() }

// UnmarshalText reads what String returns.
func (a *Arrivals) UnmarshalText(text []byte) error {
	parsed, err := openloop.ParseArrivals(string(text))
	if err != nil {
		return fmt.Errorf("echobench: %w", err)
	}
	*a = Arrivals(parsed)
	return nil
}

// checkRates returns the first mistake in the Suite's Rates and what belongs to them.
func (s *Suite) checkRates() error {
	if s.Rates == nil && (s.Overload || s.Arrivals != Poisson) {
		return fmt.Errorf("overload %v and %v arrivals without a rate: a closed loop has neither", s.Overload, s.Arrivals)
	}
	err := checkEach("rate", s.Rates, func(r Rate) error {
		if r.Percent >= 100 && !s.Overload {
			return fmt.Errorf("rate %v: a system cannot keep up at its capacity: want less than 100%%, or Overload", r)
		}
		return r.check()
	})
	return cmp.Or(err, s.Arrivals.check())
}
