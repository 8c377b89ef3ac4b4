// Package fault provides a proxy for tests that does to connections what networks
// and failing peers do to them: it resets them, ends them in the middle of a message,
// stalls them, slows them down, and delivers their bytes one by one. Which faults a
// connection gets depends only on a seed and on the connection's number.
package fault

import (
	"math"
	"math/rand/v2"
	"time"
)

// A Kind is a kind of fault.
type Kind int

const (
	Reset    Kind = iota // both ends get a TCP reset
	Cut                  // the receiver sees the end of the stream, and the rest is lost
	Stall                // nothing passes for some time
	Throttle             // some bytes pass slowly
	Split                // some bytes pass one by one, with a write for each
	Kinds                // the number of kinds
)

// String returns the kind's name in the plural.
func (k Kind) String() string {
	return [...]string{"resets", "cuts", "stalls", "throttles", "splits"}[k]
}

// A Fault is one event in one direction of a connection.
type Fault struct {
	Kind  Kind
	After int           // how many bytes pass before it begins, since the previous fault
	Bytes int           // how many bytes Throttle and Split concern
	Time  time.Duration // how long Stall takes, and Throttle for all of its Bytes
}

// A Direction is the way that bytes take through a proxy.
type Direction int

const (
	ToServer Direction = iota
	ToClient
)

// A Sequence returns the faults of one direction of a connection, one after the other.
// There is always another one. It is called by one goroutine at a time.
type Sequence func() Fault

// A Plan returns the Sequence of one direction of the connection with the given number,
// which is 0 for the first. It may be called by several goroutines at once.
type Plan func(conn int, d Direction) Sequence

// The limits of random faults.
const (
	maxAfter    = 16 << 20 // bytes
	maxThrottle = 1 << 20  // bytes
	maxSplit    = 4 << 10  // bytes
	maxTime     = 2 * time.Second
)

// shares are how many of a hundred random faults are of each kind.
var shares = [Kinds]int{Reset: 15, Cut: 15, Stall: 25, Throttle: 20, Split: 25}

// Random returns a Plan of random faults. The same seed gives the connection with the same number
// the same faults. Their places, lengths and durations are distributed evenly over the
// orders of magnitude: as many faults begin within the first 4 KiB as after that.
func Random(seed uint64) Plan {
	return func(conn int, d Direction) Sequence {
		r := rand.New(rand.NewPCG(seed, uint64(conn)<<1|uint64(d)))
		return func() Fault { return random(r) }
	}
}

func random(r *rand.Rand) Fault {
	f := Fault{After: magnitude(r, maxAfter) - 1}
	for n := r.IntN(100); n >= shares[f.Kind]; f.Kind++ {
		n -= shares[f.Kind]
	}
	switch f.Kind {
	case Stall:
		f.Time = time.Duration(magnitude(r, int(maxTime/time.Millisecond))) * time.Millisecond
	case Throttle:
		f.Time = time.Duration(magnitude(r, int(maxTime/time.Millisecond))) * time.Millisecond
		f.Bytes = magnitude(r, maxThrottle)
	case Split:
		f.Bytes = magnitude(r, maxSplit)
	}
	return f
}

// magnitude returns a random number from 1 to limit, whose logarithm is distributed
// evenly.
func magnitude(r *rand.Rand, limit int) int {
	return int(math.Exp(r.Float64() * math.Log(float64(limit)+1)))
}
