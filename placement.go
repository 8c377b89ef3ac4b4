package echobench

import (
	"errors"
	"fmt"
	"slices"
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

// UnmarshalText reads what String returns.
func (p *Placement) UnmarshalText(text []byte) error {
	i := slices.Index(placements, string(text))
	if i < 0 {
		return fmt.Errorf("echobench: server placement %q: want one of %v", text, placements)
	}
	*p = Placement(i)
	return nil
}
