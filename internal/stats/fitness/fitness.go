// Package fitness measures how much a machine disturbs what runs on it, so that a
// benchmark can say whether its results will mean anything. [Check] takes about a
// second. What a platform does not provide is left out; Linux provides everything.
package fitness

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/echobench/echobench/internal/measure/usage"
)

// A Report is what Check has found.
type Report struct {
	CPUs int // processors that this process may use

	// Late is how long after their time sleeps of 1 ms ended.
	Late Quantiles

	// RoundTrip is how long 64 bytes took over a bare TCP connection on the
	// loopback interface, there and back.
	RoundTrip Quantiles

	// Stolen is the share of the processor time during the check that the
	// hypervisor gave to other machines, and StolenSinceBoot that since boot.
	Stolen, StolenSinceBoot Share

	// Others is the share of the processors that other processes used while the
	// check only slept. It is 0 if it was too small to be told from the error of
	// the measurement.
	Others Share

	// Governors are the frequency governors of the processors, each once. There
	// are none if the machine does not let the system choose, as in most virtual
	// machines.
	Governors []string
}

// Quantiles are the median and the 99th percentile of some durations. They are 0 if
// nothing was measured.
type Quantiles struct{ P50, P99 time.Duration }

// A Share is a number from 0 to 1. Known is false if it could not be measured.
type Share struct {
	Value float64
	Known bool
}

// How long the two parts of the check take.
const (
	sleepFor    = 500 * time.Millisecond
	pingPongFor = 400 * time.Millisecond
)

// Check measures the machine. It returns early when ctx ends, with what it has
// measured so far. Nothing else of this process should run at the same time.
func Check(ctx context.Context) Report {
	r := Report{CPUs: runtime.NumCPU(), Governors: governors("/sys/devices/system/cpu")}
	begin := usage.ReadMachine()
	r.Late = quantiles(sleeps(ctx, sleepFor))
	slept := usage.ReadMachine()
	r.RoundTrip = quantiles(pingPong(ctx, pingPongFor))
	end := usage.ReadMachine()

	r.Stolen = share(end.Stolen(begin))
	r.StolenSinceBoot = share(end.Stolen(usage.Machine{}))
	r.Others.Known = r.StolenSinceBoot.Known
	if others, ok := slept.Others(begin); ok {
		r.Others.Value = others
	}
	return r
}

func share(value float64, known bool) Share { return Share{value, known} }

// sleeps sleeps for a millisecond repeatedly, and returns how late each sleep ended.
func sleeps(ctx context.Context, d time.Duration) (late []time.Duration) {
	const sleep = time.Millisecond
	for start := time.Now(); time.Since(start) < d && ctx.Err() == nil; {
		before := time.Now()
		time.Sleep(sleep)
		late = append(late, time.Since(before)-sleep)
	}
	return late
}

// quantiles sorts the values. It returns 0 if there are too few for a 99th
// percentile.
func quantiles(values []time.Duration) Quantiles {
	if len(values) < 100 {
		return Quantiles{}
	}
	slices.Sort(values)
	return Quantiles{P50: values[len(values)/2], P99: values[len(values)*99/100]}
}
