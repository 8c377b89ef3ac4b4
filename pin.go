package echobench

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/echobench/echobench/internal/affinity"
)

// Pinning binds all threads of an end to processors and sets its GOMAXPROCS to
// their number; nil leaves an end where the kernel puts it. A child that is not
// pinned measures where it happens to run: beside the client, or not.
type Pinning struct{ Client, Server []int }

// ParsePinning reads "client=0 server=1", "server=2-3,5" or "same=0", which
// binds both ends to one set.
func ParsePinning(s string) (Pinning, error) {
	var p Pinning
	for _, field := range strings.Fields(s) {
		end, text, _ := strings.Cut(field, "=")
		cpus, err := affinity.Parse(text)
		if err != nil {
			return p, fmt.Errorf("echobench: pin %q: %w", field, err)
		}
		switch end {
		case "client":
			p.Client = cpus
		case "server":
			p.Server = cpus
		case "same":
			p.Client, p.Server = cpus, cpus
		default:
			return p, fmt.Errorf("echobench: pin %q: want client=CPUS, server=CPUS or same=CPUS", field)
		}
	}
	return p, nil
}

// String returns what ParsePinning reads.
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
		return fmt.Errorf("pin %q: both ends are one process: want same=CPUS, or the server in a child", p)
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

// procs sets GOMAXPROCS to the number of an end's processors, if it is bound,
// and returns what undoes it.
func procs(cpus []int) (undo func()) {
	if cpus == nil {
		return func() {}
	}
	before := runtime.GOMAXPROCS(len(cpus))
	return func() { runtime.GOMAXPROCS(before) }
}

// pin binds this process, if cpus says so, and returns what undoes it.
func pin(cpus []int) (undo func() error, err error) {
	if cpus == nil {
		return func() error { return nil }, nil
	}
	allowed, err := affinity.Allowed()
	if err != nil {
		return nil, err
	}
	undo = func() error { return affinity.Set(allowed) }
	if err := affinity.Set(cpus); err != nil {
		return nil, errors.Join(err, undo())
	}
	return undo, nil
}
