package echobench

import (
	"errors"
	"fmt"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/bound"
	"github.com/echobench/echobench/internal/child"
	"github.com/echobench/echobench/internal/usage"
)

// A Placement is where a cell's server runs.
type Placement int

const (
	// InProcess runs the server in the benchmark's own process. This has the least
	// noise, and profiles, B/op and allocs/op count both ends.
	InProcess Placement = iota

	// Child runs the server in a child process, so that the ends share no heap, no
	// garbage collector and no Go scheduler.
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

// checkName checks that a child can be told which benchmark to serve.
func (p Placement) checkName(benchmark string) error {
	if p == Child && benchmark == "" {
		return errors.New("a server in a child process needs a benchmark that go test runs by name, not testing.Benchmark")
	}
	return nil
}

// ParsePlacement returns the placement that String describes as s.
func ParsePlacement(s string) (Placement, error) {
	for p, name := range placements {
		if s == name {
			return Placement(p), nil
		}
	}
	return 0, fmt.Errorf("echobench: server placement %q: want one of %v", s, placements)
}

// A host runs one sample's server. The transport does not know which kind of host
// runs it.
type host interface {
	Addr() string
	Close() error // does not hang
}

// A process is a host that is a process of its own. Its use can be told apart from
// the client's, and it can end by itself.
type process interface {
	host

	// Begin and End take snapshots of the process's use around a run.
	Begin(counters []string) (usage.Snapshot, error)
	End() (usage.Snapshot, error)

	// Footprint returns what the process holds after garbage collection.
	Footprint() (usage.Footprint, error)

	// Ended returns a channel that is closed when the process has ended.
	// HowItEnded then describes how.
	Ended() <-chan struct{}
	HowItEnded() string

	// Condition describes what keeps the process from serving, such as that it is
	// stopped; it is empty if nothing is known.
	Condition() string
}

func startHost(c cell) (host, error) {
	if c.server == Child {
		return child.Start(child.Order{Benchmark: c.benchmark, Variant: c.variant.Name, Pin: c.pin.Server})
	}
	srv, err := c.variant.Transport.Listen("")
	if err != nil {
		return nil, err
	}
	return inProcess{srv}, nil
}

// closeTimeout is how long a Close may take before it counts as a hang.
const closeTimeout = 10 * time.Second

// inProcess is a server in the benchmark's own process.
type inProcess struct{ echo.Server }

func (h inProcess) Close() error { return bound.Call(closeTimeout, h.Server.Close) }
