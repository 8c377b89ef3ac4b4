package echobench

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/usage"
	"github.com/echobench/echobench/payload"
)

// A Suite is a grid of benchmarks: every transport at every size and
// parallelism. Each of those is a cell, a sub-benchmark named
// proto=NAME/size=SIZE/par=N.
type Suite struct {
	// Transports are the transports to compare.
	Transports []echo.Transport

	// Variants are further transports to compare, under names of their own. The
	// names of all must differ.
	Variants []echo.Variant

	// Sizes are the lengths of the data; nil means 64B, 256B, 1KiB, 4KiB, 64KiB.
	Sizes []payload.Size

	// Parallelism is how many workers echo at once, each waiting for its reply
	// before it sends again (a closed loop); nil means 1, 10, 50, 100, 500.
	Parallelism []int

	// Batch, if not 0, has each worker send that many messages as one call of a
	// Batcher; Depth has it keep that many in flight on a Pipeliner. Either is
	// measured per message and becomes a part of the cell's name.
	Batch, Depth int

	// Server is where the server runs; InProcess is the default.
	Server Placement

	// Metrics selects what a line shows; 0 means DefaultMetrics.
	Metrics Metrics

	// Counters adds hardware counters and system calls, as far as this machine
	// and the user's rights let them be counted (linux); a comment says which are
	// missing and why.
	Counters bool

	// Pin binds the ends to processors; by default the kernel places them.
	Pin Pinning

	// Histograms is a folder into which each cell's latencies, all its samples
	// merged, are written as NAME.hgrm; empty means none.
	Histograms string

	// Stall is how long a cell may go without one finished echo before it fails;
	// 0 means 10 s.
	Stall time.Duration

	counters []string       // the available ones, if Counters
	variants []echo.Variant // Transports and Variants
}

// DefaultSizes and DefaultParallelism return the standard grid.
func DefaultSizes() []payload.Size { return []payload.Size{64, 256, 1 << 10, 4 << 10, 64 << 10} }

// DefaultParallelism returns the standard numbers of workers.
func DefaultParallelism() []int { return []int{1, 10, 50, 100, 500} }

// Run runs the cells as sub-benchmarks of b, which must not do anything else.
// A cell that -bench filters out starts no server and dials nothing. A mistake
// in the Suite fails b before anything starts; an error in a cell fails that
// cell, and the others still run.
func (s Suite) Run(b *testing.B) {
	b.Helper()
	s.setDefaults()
	serveIfChild(b.Name(), s.variants) // what the parent has checked
	if err := s.check(); err != nil {
		b.Fatalf("echobench: %v", err)
	}
	if s.Server == Child && b.Name() == "" {
		b.Fatal("echobench: a server in a child process needs a benchmark that go test runs by name, not testing.Benchmark")
	}

	unpin, err := pin(s.Pin.Client)
	if err != nil {
		b.Fatalf("echobench: %v", err)
	}
	defer func() {
		if err := unpin(); err != nil {
			b.Errorf("echobench: %v", err)
		}
	}()

	if s.Counters {
		missing := usage.MissingCounters()
		s.counters = usage.Available(missing)
		s.Metrics |= counters
		printMissing(missing)
	}
	printUnits(s.Metrics, s.Server)
	fmt.Printf("server: %v\n", s.Server)
	printHost()
	printSettings(s.variants)
	if pinned := s.Pin.String(); pinned != "" {
		fmt.Printf("# pinned: %s\n", pinned)
	}

	progress := progress{start: time.Now(), total: len(s.variants) * len(s.Sizes) * len(s.Parallelism)}
	for _, v := range s.variants {
		if err := contract.Describe(v.Transport, 1).Unavailable; err != nil {
			fmt.Printf("# %s: skipped: %v\n", v.Name, err)
			progress.total -= len(s.Sizes) * len(s.Parallelism)
			if progress.total == 0 {
				// Without a sub-benchmark testing would take b for one itself.
				b.Skipf("echobench: no transport is available: %v", err)
			}
			continue
		}
		for _, size := range s.Sizes {
			for _, workers := range s.Parallelism {
				c := cell{suite: &s, benchmark: b.Name(), variant: v, size: size, workers: workers}
				ran := c.bench(b)
				progress.cell(ran, c.load)
			}
		}
	}
}

func (s *Suite) setDefaults() {
	if s.Sizes == nil {
		s.Sizes = DefaultSizes()
	}
	if s.Parallelism == nil {
		s.Parallelism = DefaultParallelism()
	}
	s.variants = Variants(s.Transports...)
	for i := range s.variants {
		s.variants[i].Batch, s.variants[i].Depth = s.Batch, s.Depth
	}
	s.variants = append(s.variants, s.Variants...)
	s.Metrics = cmp.Or(s.Metrics, DefaultMetrics)
	s.Stall = cmp.Or(s.Stall, 10*time.Second)
}

// maxDepth bounds what a worker keeps in flight; a mistake would take memory.
const maxDepth = 1 << 16

// check finds every mistake that can be found before anything starts.
func (s *Suite) check() error {
	if len(s.variants) == 0 || len(s.Sizes) == 0 || len(s.Parallelism) == 0 {
		return fmt.Errorf("a suite of %d transports, %d sizes and %d numbers of workers has no cell", len(s.variants), len(s.Sizes), len(s.Parallelism))
	}
	if s.Stall < 0 {
		return fmt.Errorf("stall %v: want a positive duration, or 0 for 10s", s.Stall)
	}
	if err := errors.Join(s.Server.check(), s.Metrics.check(), s.Pin.check(s.Server)); err != nil {
		return err
	}
	for _, workers := range s.Parallelism {
		if workers < 1 {
			return fmt.Errorf("parallelism %d: want 1 or more workers", workers)
		}
	}
	for _, size := range s.Sizes {
		if size < 1 {
			return fmt.Errorf("size %d: want 1 byte or more", int(size))
		}
	}
	var names []string
	for i, v := range s.variants {
		if v.Transport == nil {
			return fmt.Errorf("transport %d is nil", i)
		}
		name := v.Name
		if v.Batch < 0 || v.Depth < 0 || v.Depth > maxDepth || v.Batch > 0 && v.Depth > 0 {
			return fmt.Errorf("batch %d and depth %d: want one of them, 1 or more (a depth of %d at most), or neither", v.Batch, v.Depth, maxDepth)
		}
		if !contract.ValidName.MatchString(name) {
			return fmt.Errorf("transport name %q: want lower-case letters and digits, since it becomes part of a benchmark's name", name)
		}
		if slices.Contains(names, name) {
			return fmt.Errorf("two transports are named %q: their results could not be told apart", name)
		}
		names = append(names, name)
		d := contract.Describe(v.Transport, 1)
		if d.Unavailable != nil {
			continue
		}
		for _, size := range s.Sizes {
			if d.MaxSize > 0 && size > d.MaxSize {
				return fmt.Errorf("size %v: %s carries 1B to %v", size, name, d.MaxSize)
			}
		}
	}
	return nil
}

// Variants returns each transport as a variant that has the transport's own name.
func Variants(transports ...echo.Transport) []echo.Variant {
	var variants []echo.Variant
	for _, tr := range transports {
		v := echo.Variant{Transport: tr}
		if tr != nil { // Run reports a nil transport
			v.Name = tr.Name()
		}
		variants = append(variants, v)
	}
	return variants
}

// Select returns the variants with the given names, in the order of the names.
// The error for an unknown name lists the known ones.
func Select(all []echo.Variant, names ...string) ([]echo.Variant, error) {
	var selected []echo.Variant
	var unknown []string
	for _, name := range names {
		if i := slices.IndexFunc(all, func(v echo.Variant) bool { return v.Name == name }); i >= 0 {
			selected = append(selected, all[i])
		} else {
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	if unknown == nil {
		return selected, nil
	}
	var known strings.Builder
	for _, v := range all {
		fmt.Fprintf(&known, "\n\t%s", strings.TrimRight(fmt.Sprintf("%-16s %s", v.Name, v.About), " "))
	}
	return nil, fmt.Errorf("echobench: unknown transport %s; the known ones are:%s", strings.Join(unknown, ", "), &known)
}
