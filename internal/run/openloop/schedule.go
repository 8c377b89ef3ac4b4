package openloop

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Arrivals says how arrivals are distributed in time.
type Arrivals int

const (
	// Poisson arrivals are those of many independent callers: the gaps between them
	// are exponentially distributed.
	Poisson Arrivals = iota

	// Uniform arrivals have equal gaps.
	Uniform
)

var names = []string{Poisson: "poisson", Uniform: "uniform"}

// Check returns an error if a is none of the constants.
func (a Arrivals) Check() error {
	if a < 0 || int(a) >= len(names) {
		return fmt.Errorf("arrivals %d: want %v", int(a), names)
	}
	return nil
}

// String returns "poisson" or "uniform".
func (a Arrivals) String() string {
	if a.Check() != nil {
		return fmt.Sprintf("Arrivals(%d)", int(a))
	}
	return names[a]
}

// ParseArrivals returns the Arrivals that String describes as s.
func ParseArrivals(s string) (Arrivals, error) {
	for a, name := range names {
		if s == name {
			return Arrivals(a), nil
		}
	}
	return 0, fmt.Errorf("arrivals %q: want one of %v", s, names)
}

// A schedule is an endless sequence of gaps between arrivals. It depends on the seed
// only.
type schedule struct {
	mean     float64 // of the gaps, in nanoseconds
	arrivals Arrivals
	random   *rand.Rand
	rest     float64 // the part of a nanosecond that rounding has left over
}

func newSchedule(rate float64, a Arrivals, seed uint64) schedule {
	return schedule{mean: 1e9 / rate, arrivals: a, random: rand.New(rand.NewPCG(seed, 0))}
}

// gap returns the next gap in nanoseconds.
func (s *schedule) gap() int64 {
	exact := s.mean + s.rest
	if s.arrivals == Poisson {
		exact = s.mean*s.random.ExpFloat64() + s.rest
	}
	whole := math.Floor(exact)
	s.rest = exact - whole
	return int64(whole)
}
