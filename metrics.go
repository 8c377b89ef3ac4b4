package echobench

import (
	"fmt"
	"strings"

	"github.com/echobench/echobench/internal/measure/units"
)

// Metrics selects what a result line shows beside ns/op, MB/s, ops/s, B/op and
// allocs/op. benchstat prints one table for each unit, so that fewer units are
// easier to read. docs/metrics.md explains every unit and where it comes from.
type Metrics uint

// The groups of metrics.
const (
	Latency = Metrics(units.Latency) // mean and percentiles of the round trip
	CPU     = Metrics(units.CPU)     // processor time
	Kernel  = Metrics(units.Kernel)  // processor time by mode, context switches, page faults, resident memory
	Runtime = Metrics(units.Runtime) // garbage collection, scheduling, mutexes, heap
	Legs    = Metrics(units.Legs)    // latency of the request and of the reply, separately

	DefaultMetrics = Latency | CPU
	AllMetrics     = Metrics(units.All)
)

// UnmarshalText reads the names of one or more groups, separated by commas: latency,
// cpu, kernel, runtime, legs or all.
func (m *Metrics) UnmarshalText(text []byte) error {
	var all Metrics
	for name := range strings.SplitSeq(string(text), ",") {
		set, err := units.ParseSet(name)
		if err != nil {
			return fmt.Errorf("echobench: %w", err)
		}
		all |= Metrics(set)
	}
	*m = all
	return nil
}
