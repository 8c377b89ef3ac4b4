package echobench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/measure/header"
	"github.com/echobench/echobench/internal/measure/latency"
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/run/affinity"
	"github.com/echobench/echobench/internal/run/child"
	"github.com/echobench/echobench/internal/run/interrupt"
	"github.com/echobench/echobench/internal/run/openloop"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/payload"
)

// A Suite is a grid of benchmarks: every transport at every size and parallelism.
// Each combination is a cell, which is a sub-benchmark named
// proto=NAME/size=SIZE/par=N. The cells run by size, then by parallelism, and then by
// transport.
type Suite struct {
	// Transports are the transports to compare.
	Transports []echo.Transport

	// Variants are further transports to compare, under names of their own. The
	// names of all transports and variants must differ.
	Variants []echo.Variant

	// Sizes are the lengths of the data; nil means DefaultSizes.
	Sizes []payload.Size

	// Parallelism is how many workers echo at the same time; nil means
	// DefaultParallelism. Each worker waits for its reply before it sends its next
	// request (a closed loop), unless there are Rates.
	Parallelism []int

	// Idle, if not nil, is how many further clients are connected to the server and
	// silent while the workers echo, such as 0, 1000, 10000. Each has echoed once.
	// The number becomes a part of the cell's name, and the line shows what one such
	// client takes at both ends.
	Idle []int

	// Links, if not nil, are simulated links to measure over, one after the other. The
	// link becomes a part of the cell's name. The transports must work over TCP.
	Links []Link

	// Rates, if not nil, are rates at which requests arrive, one after the other. A
	// request is sent when it is due, or as soon as a worker is free, and its latency
	// counts from when it was due. A rate that was not kept fails its cell. It becomes
	// a part of the cell's name. A Variant's Batch and Depth cannot be combined with a rate.
	Rates []Rate

	// Arrivals says how requests are distributed in time at each of the Rates; the
	// default is Poisson.
	Arrivals Arrivals

	// Overload lets the Rates exceed what the system can do, and counts the requests
	// that a server refuses (echo.ErrRefused) instead of failing. The latencies are
	// those of the requests that were answered.
	Overload bool

	// Server is where the server runs; the default is InProcess.
	Server Placement

	// Metrics selects what a result line shows; 0 means DefaultMetrics.
	Metrics Metrics

	// Counters adds hardware counters and system calls, on Linux, as far as the
	// machine and the user's rights allow it. A comment line lists those that are
	// not available, with the reason.
	Counters bool

	// Pin binds the two ends to processors; by default the kernel places them.
	Pin Pinning

	// Histograms is a folder into which the latencies of each cell are written: those
	// of all its samples together as NAME.hgrm, and those of each sample as NAME.hlog.
	// Empty means none.
	Histograms string

	// Profiles says into which folder profiles of each sample are written, if any.
	Profiles Profiles

	// Stall is how long a cell may go without a finished echo before it fails, beyond
	// the time that a Link takes, and how long a Listen, Dial or Pipeline may take; 0
	// means 10 seconds.
	Stall time.Duration
}

// defaultStall is how long a cell may go without a finished echo by default.
const defaultStall = 10 * time.Second

// DefaultSizes returns the standard sizes: 64B, 256B, 1KiB, 4KiB and 64KiB.
func DefaultSizes() []payload.Size { return []payload.Size{64, 256, 1 << 10, 4 << 10, 64 << 10} }

// DefaultParallelism returns the standard numbers of workers: 1, 10, 50, 100 and
// 500.
func DefaultParallelism() []int { return []int{1, 10, 50, 100, 500} }

// Run runs the cells as sub-benchmarks of b, which must not do anything else. A
// cell that -bench filters out starts no server and dials nothing. A mistake in
// the Suite fails b before anything starts. An error in a cell fails that cell
// only; the others still run. A call into a transport that does not return in time is
// abandoned: it fails its cell, and the other cells of the transport are skipped with that
// reason. When the process is told to end, for example with
// Ctrl-C, the cell that is running fails, and its server and clients are closed
// before the process ends.
//
// Before the first cell of a transport, Run checks with a few calls that the transport
// keeps the rules of package echotest on which its results depend: above all, that the
// data crosses the network. After each measurement, it checks some of
// them again. A transport that breaks a rule fails its cells, with the rule.
// ECHOBENCH_RULES=off in the environment prevents these checks.
func (s Suite) Run(b *testing.B) {
	b.Helper()
	s.setDefaults()
	variants := s.variants()
	serveChild(b, variants)
	if err := errors.Join(s.check(variants), s.Server.checkName(b.Name())); err != nil {
		b.Fatalf("echobench: %v", err)
	}
	if err := s.checkFolders(); err != nil {
		b.Fatalf("echobench: %v", err)
	}
	ctx, end := s.begin(b)
	defer end()
	template := s.template(b.Name())
	template.Metrics, template.Counters = s.printHeader(variants)
	available := s.available(b, variants)
	template.Findings = sample.NewFindings(available)
	runCells(ctx, b, s.Pin, s.runs(b.Name(), s.cells(available, template)))
}

// checkFolders creates the folders for files, if necessary, and returns an error if no file
// can be created in one of them.
func (s *Suite) checkFolders() error {
	for what, folder := range map[string]string{"histograms": s.Histograms, "profiles": s.Profiles.Folder} {
		if folder == "" {
			continue
		}
		if err := latency.CheckFolder(folder); err != nil {
			return fmt.Errorf("the folder for %s: %w", what, err)
		}
	}
	return nil
}

// begin binds this process to the processors of its end and watches for interrupts,
// until end is called. ctx ends with an interrupt.
func (s *Suite) begin(b *testing.B) (ctx context.Context, end func()) {
	b.Helper()
	unpin, err := affinity.Pin(s.Pin.Client)
	if err != nil {
		b.Fatalf("echobench: %v", err)
	}
	ctx, stop := interrupt.Watch()
	return ctx, func() {
		stop()
		if err := unpin(); err != nil {
			b.Errorf("echobench: %v", err)
		}
	}
}

// template returns what all cells have in common. benchmark is the one that contains
// them.
func (s *Suite) template(benchmark string) cell {
	var c cell
	c.Stall, c.Arrivals, c.Overload = s.Stall, openloop.Arrivals(s.Arrivals), s.Overload
	c.CPUProfile, c.HeapProfile = s.Profiles.Folder != "", s.Profiles.Heap
	if s.Server == Child {
		c.Child = &child.Order{Benchmark: benchmark, Pin: s.Pin.Server}
	}
	return c
}

// serveChild serves one of the variants and does not return, if this process is a
// child that was started for that.
func serveChild(b *testing.B, variants []echo.Variant) {
	child.Serve(b.Name(), func(name string) (echo.Transport, error) {
		found, err := Select(variants, name)
		if err != nil {
			return nil, err
		}
		return found[0].Transport, nil
	})
}

func (s *Suite) setDefaults() {
	if s.Sizes == nil {
		s.Sizes = DefaultSizes()
	}
	if s.Parallelism == nil {
		s.Parallelism = DefaultParallelism()
	}
	s.Metrics = cmp.Or(s.Metrics, DefaultMetrics)
	s.Stall = cmp.Or(s.Stall, defaultStall)
}

// printHeader prints what applies to all cells. It returns the units to report,
// and the counters that are wanted and available.
func (s *Suite) printHeader(variants []echo.Variant) (set units.Set, counters []string) {
	set = units.Set(s.Metrics)
	if s.Counters {
		set |= units.Counters
		missing := usage.MissingCounters()
		counters = usage.Available(missing)
		header.PrintMissing(missing)
	}
	units.Print(set, s.Server != InProcess)
	if slices.Max(append(s.Idle, 0)) > 0 {
		units.PrintIdle(s.Server != InProcess)
	}
	if s.Rates != nil {
		units.PrintRate(set, s.Overload)
	}
	s.printSettings(variants, s.Rates != nil)
	return set, counters
}

// printSettings prints where and how the variants are measured. open says that requests
// arrive at a rate.
func (s *Suite) printSettings(variants []echo.Variant, open bool) {
	fmt.Printf("server: %v\n", s.Server)
	header.PrintHost()
	header.PrintSettings(variants)
	if open {
		fmt.Printf("# open loop: %v arrivals; latencies count from when a request was due\n", s.Arrivals)
	}
	if pinned := s.Pin.String(); pinned != "" {
		fmt.Printf("# pinned: %s\n", pinned)
	}
}

// available returns the variants that can be used in this build, and prints why
// the others cannot. Without any, it skips b.
func (s *Suite) available(b *testing.B, variants []echo.Variant) (available []echo.Variant) {
	b.Helper()
	var reason error
	for _, v := range variants {
		if err := contract.Describe(v.Transport, 1).Unavailable; err != nil {
			fmt.Printf("# %s: skipped: %v\n", v.Name, err)
			reason = err
			continue
		}
		available = append(available, v)
	}
	if available == nil {
		// Without a sub-benchmark, package testing would measure b itself.
		b.Skipf("echobench: no transport is available: %v", reason)
	}
	return available
}

// maxDepth bounds what a worker keeps in flight, because each request in flight
// takes memory.
const maxDepth = 1 << 16

// check returns the first mistake in the Suite that can be found before anything
// starts.
func (s *Suite) check(variants []echo.Variant) error {
	return cmp.Or(s.checkGrid(variants), s.checkRates(), s.checkVariants(variants))
}

// checkGrid checks everything but the rates and the variants.
func (s *Suite) checkGrid(variants []echo.Variant) error {
	if len(variants) == 0 || len(s.Sizes) == 0 || len(s.Parallelism) == 0 {
		return fmt.Errorf("a suite of %d transports, %d sizes and %d numbers of workers has no cell", len(variants), len(s.Sizes), len(s.Parallelism))
	}
	if s.Stall < 0 {
		return fmt.Errorf("stall %v: want a positive duration, or 0 for %v", s.Stall, defaultStall)
	}
	if err := errors.Join(s.Server.check(), units.Set(s.Metrics).Check(), s.Pin.check(s.Server), s.Profiles.check(testFlag("cpuprofile"))); err != nil {
		return err
	}
	return cmp.Or(
		checkEach("parallelism", s.Parallelism, func(workers int) error {
			if workers < 1 {
				return fmt.Errorf("parallelism %d: want 1 or more workers", workers)
			}
			return nil
		}),
		checkEach("number of idle clients", s.Idle, func(n int) error {
			if n < 0 {
				return fmt.Errorf("idle clients %d: want 0 or more", n)
			}
			return nil
		}),
		checkEach("link", s.Links, Link.check),
		checkEach("size", s.Sizes, func(size payload.Size) error {
			if size < 1 {
				return fmt.Errorf("size %d: want 1 byte or more", int(size))
			}
			return nil
		}),
	)
}

// checkEach returns the first error of check, or an error for a value that is there twice,
// because two cells would have the same name. what names a value.
func checkEach[T comparable](what string, values []T, check func(T) error) error {
	for i, v := range values {
		if err := check(v); err != nil {
			return err
		}
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("duplicate %s %v", what, v)
		}
	}
	return nil
}

func (s *Suite) checkVariants(variants []echo.Variant) error {
	var names []string
	for i, v := range variants {
		if v.Transport == nil {
			return fmt.Errorf("transport %d is nil", i)
		}
		if slices.Contains(names, v.Name) {
			return fmt.Errorf("duplicate variant name %q", v.Name)
		}
		names = append(names, v.Name)
		if err := s.checkVariant(v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Suite) checkVariant(v echo.Variant) error {
	if !contract.ValidName.MatchString(v.Name) {
		return fmt.Errorf("variant name %q: want lower-case letters and digits, because it becomes part of a benchmark's name", v.Name)
	}
	if v.Batch < 0 || v.Depth < 0 || v.Depth > maxDepth || v.Batch > 0 && v.Depth > 0 {
		return fmt.Errorf("%s: batch %d and depth %d: want one of them, 1 or more (a depth of at most %d), or neither", v.Name, v.Batch, v.Depth, maxDepth)
	}
	if s.Rates != nil {
		if err := checkSingle(v); err != nil {
			return err
		}
	}
	d := contract.Describe(v.Transport, 1)
	if errors.Is(d.Unavailable, bound.ErrNoReturn) {
		return fmt.Errorf("%s: %w", v.Name, d.Unavailable)
	}
	if d.Unavailable != nil || d.MaxSize == 0 {
		return nil
	}
	for _, size := range s.Sizes {
		if size > d.MaxSize {
			return fmt.Errorf("size %v: %s carries 1B to %v", size, v.Name, d.MaxSize)
		}
	}
	return nil
}

// checkSingle returns an error if the variant's workers do not send single requests.
func checkSingle(v echo.Variant) error {
	if v.Batch > 0 || v.Depth > 0 {
		return fmt.Errorf("%s: batch %d and depth %d with a rate: at a rate, each request is sent by itself when it is due", v.Name, v.Batch, v.Depth)
	}
	return nil
}
