package echobench

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/echobench/echobench/internal/run/affinity"
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

// Pinning binds all threads of an end to processors, and sets the end's GOMAXPROCS
// to their number. nil leaves an end where the kernel puts it. The result of a
// child that is not pinned depends on whether the kernel runs it on the client's
// processor or on another one.
type Pinning struct{ Client, Server []int }

// UnmarshalText reads a text such as "client=0 server=1", "server=2-3,5" or "same=0",
// which binds both ends to the same processors.
func (p *Pinning) UnmarshalText(text []byte) error {
	*p = Pinning{}
	for _, field := range strings.Fields(string(text)) {
		end, list, _ := strings.Cut(field, "=")
		cpus, err := affinity.Parse(list)
		if err != nil {
			return fmt.Errorf("echobench: pin %q: %w", field, err)
		}
		switch end {
		case "client":
			p.Client = cpus
		case "server":
			p.Server = cpus
		case "same":
			p.Client, p.Server = cpus, cpus
		default:
			return fmt.Errorf("echobench: pin %q: want client=CPUS, server=CPUS or same=CPUS", field)
		}
	}
	return nil
}

// String returns a text that UnmarshalText accepts.
func (p Pinning) String() string {
	if p.Client != nil && slices.Equal(p.Client, p.Server) {
		return "same=" + affinity.Format(p.Client)
	}
	var ends []string
	if p.Client != nil {
		ends = append(ends, "client="+affinity.Format(p.Client))
	}
	if p.Server != nil {
		ends = append(ends, "server="+affinity.Format(p.Server))
	}
	return strings.Join(ends, " ")
}

func (p Pinning) check(server Placement) error {
	if server == InProcess && !slices.Equal(p.Client, p.Server) {
		return fmt.Errorf("pin %q: both ends are in one process: want same=CPUS, or a server in a child process", p)
	}
	for _, end := range [][]int{p.Client, p.Server} {
		if end == nil {
			continue
		}
		if err := affinity.Check(end); err != nil {
			return fmt.Errorf("pin %q: %w", p, err)
		}
	}
	return nil
}

// setProcs sets GOMAXPROCS to the number of an end's processors, if the end is
// bound, and returns a function that restores it.
func setProcs(cpus []int) (restore func()) {
	if cpus == nil {
		return func() {}
	}
	before := runtime.GOMAXPROCS(len(cpus))
	return func() { runtime.GOMAXPROCS(before) }
}
