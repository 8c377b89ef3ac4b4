package soak

import (
	"fmt"
	"runtime"

	"github.com/echobench/echobench/internal/base/fdlimit"
	"github.com/echobench/echobench/internal/base/race"
	"github.com/echobench/echobench/internal/measure/usage"
)

// holdings are what the process holds at one moment. A figure that the platform does
// not provide is 0.
type holdings struct {
	goroutines, files int
	live              int // bytes of Go's heap and stacks in use after a garbage collection
	resident          int // bytes
}

// countHoldings returns the figures that are quick to read.
func countHoldings() holdings {
	files, _ := fdlimit.Open()
	return holdings{goroutines: runtime.NumGoroutine(), files: files}
}

// readHoldings collects the garbage and returns all figures.
func readHoldings() holdings {
	footprint := usage.ReadFootprint()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h := countHoldings()
	h.live, h.resident = int(m.HeapAlloc+m.StackInuse), footprint.Resident
	return h
}

// Memory may grow by a tenth and by these numbers of bytes. The runtime keeps about half a kilobyte for each goroutine of the
// largest number that ever existed at the same time, which differs from phase to phase.
const (
	maxLiveGrowth     = 4 << 20 // bytes
	maxResidentGrowth = 16 << 20
)

// grown returns an error if h holds more memory than before.
func (h holdings) grown(before holdings) error {
	if limit := before.live + before.live/10 + maxLiveGrowth; h.live > limit {
		return fmt.Errorf("the live memory has grown from %d to %d bytes, want %d at most", before.live, h.live, limit)
	}
	// The race detector's own memory grows with the addresses that the program has used.
	if limit := before.resident + before.resident/10 + maxResidentGrowth; h.resident > limit && !race.Enabled {
		return fmt.Errorf("the resident memory has grown from %d to %d bytes, want %d at most", before.resident, h.resident, limit)
	}
	return nil
}
