package echobench

import (
	"fmt"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/bound"
	"github.com/echobench/echobench/internal/usage"
)

// A Placement is where a cell's server runs.
type Placement int

const (
	// InProcess runs the server in the benchmark's own process: the least noise,
	// and profiles, B/op and allocs/op count both ends.
	InProcess Placement = iota

	// Child runs it in a child process, so that the ends share no heap, no garbage
	// collector and no Go scheduler.
	Child
)

var placements = []string{InProcess: "inproc", Child: "child"}

// String returns "inproc" or "child".
func (p Placement) String() string {
	if p.check() != nil {
		return fmt.Sprintf("Placement(%d)", int(p))
	}
	return placements[p]
}

func (p Placement) check() error {
	if p < 0 || int(p) >= len(placements) {
		return fmt.Errorf("server placement %d: want %v", int(p), placements)
	}
	return nil
}

// ParsePlacement reads what String prints.
func ParsePlacement(s string) (Placement, error) {
	for p, name := range placements {
		if s == name {
			return Placement(p), nil
		}
	}
	return 0, fmt.Errorf("echobench: server placement %q: want one of %v", s, placements)
}

// A host runs one sample's server. A transport never knows which.
type host interface {
	addr() string
	close() error // bounded
}

// A remote host is a process of its own, whose use can be told apart and which
// can end by itself.
type remote interface {
	host

	// begin and end ask for snapshots around a run. Before the first the server
	// collects its garbage, as testing does in this process.
	begin(counters []string) (usage.Snapshot, error)
	end() (usage.Snapshot, error)

	// died is closed when the process has ended; obituary then says how.
	died() <-chan struct{}
	obituary() string
}

func startHost(c *cell) (host, error) {
	if c.suite.Server == Child {
		return startChild(childOrder{c.benchmark, c.variant.Name, c.suite.Pin.Server})
	}
	srv, err := c.variant.Transport.Listen("")
	if err != nil {
		return nil, err
	}
	return inProcess{srv}, nil
}

type inProcess struct{ server echo.Server }

func (h inProcess) addr() string { return h.server.Addr() }
func (h inProcess) close() error { return bound.Call(closeTimeout, h.server.Close) }

// closeTimeout is how long a Close may take before it counts as a hang.
const closeTimeout = 10 * time.Second
