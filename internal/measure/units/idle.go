package units

import (
	"time"

	"github.com/echobench/echobench/internal/measure/usage"
)

// Idle is what clients took that are connected and silent.
type Idle struct {
	Clients int
	Dialing time.Duration // of all clients, with one echo on each

	// Client is what the clients' process held after they had connected, less what
	// it held before; if both ends share a process, it is that of both. Server is
	// the same for a server in another process, and otherwise nil.
	Client usage.Footprint
	Server *usage.Footprint
}

// dials is the unit of how many clients connected in a second.
const dials = "dials/s"

// idleTable has the units of one client's part of a footprint.
var idleTable = []struct {
	name string
	of   func(usage.Footprint) int
}{
	{"conn-B", func(f usage.Footprint) int { return f.Resident }},
	{"conn-goroutines", func(f usage.Footprint) int { return f.Goroutines }},
	{"conn-threads", func(f usage.Footprint) int { return f.Threads }},
}

// PrintIdle prints the Unit lines of idle clients, each once in a process. With
// server, it also prints those of a server in another process.
func PrintIdle(server bool) {
	unit{name: dials, better: "higher"}.print("")
	for _, u := range idleTable {
		unit{name: u.name, better: "lower"}.print("")
		if server {
			unit{name: u.name, better: "lower"}.print("srv-")
		}
	}
}

// Report calls metric for each unit. It leaves out a figure that did not grow, because
// a small difference cannot be told from what else changes in the process.
func (i Idle) Report(metric func(value float64, unit string)) {
	metric(float64(i.Clients)/i.Dialing.Seconds(), dials)
	report := func(f usage.Footprint, prefix string) {
		for _, u := range idleTable {
			if n := u.of(f); n > 0 {
				metric(float64(n)/float64(i.Clients), prefix+u.name)
			}
		}
	}
	report(i.Client, "")
	if i.Server != nil {
		report(*i.Server, "srv-")
	}
}
