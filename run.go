package echobench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/measure/header"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/run/interrupt"
	"github.com/echobench/echobench/internal/run/stderr"
	"github.com/echobench/echobench/internal/sample"
)

// A benchmark is a cell of a Suite, a Duel or a MaxRate.
type benchmark interface {
	// name returns the name of the sub-benchmark.
	name() string

	// measure makes b.N iterations and reports what they show. It is called as package
	// testing calls the function of a benchmark.
	measure(ctx context.Context, b *testing.B) error

	// close closes what the last measure has left open. It returns what the progress
	// line says of the cell, and further lines to print.
	close() (remark string, lines []string, err error)
}

// runCells runs the cells one after the other as sub-benchmarks of b, until ctx ends. A
// cell that -bench filters out must cost next to nothing: package compare starts a process
// for each cell, in which all others are filtered out.
func runCells[B benchmark](ctx context.Context, b *testing.B, pin Pinning, cells []B) {
	b.Helper()
	progress := header.NewProgress(len(cells))
	var keeper stderr.Keeper
	defer keeper.Close()
	for _, c := range cells {
		if ctx.Err() != nil {
			return
		}
		r := run{benchmark: c, ctx: ctx, pin: pin, keeper: &keeper}
		setFirstProcs()
		b.Run(c.name(), r.leaf)
		keeper.End()
		remark, lines, err := c.close()
		if err != nil {
			b.Errorf("echobench: %s: %v", c.name(), err)
		}
		if r.skipped != nil {
			lines = append(lines, fmt.Sprintf("%s: skipped: %v", c.name(), r.skipped))
		}
		progress.Done(r.ran, remark)
		if r.ran {
			printMachine(r.began)
		}
		header.PrintRemarks(lines...)
	}
}

// printMachine prints what else has used the processors since a cell began, and whether
// the process was kept from using them.
func printMachine(began usage.Machine) {
	machine := usage.ReadMachine()
	if share, ok := machine.Others(began); ok {
		header.PrintOthers(share)
	}
	header.PrintQuota(machine.Quota(began))
}

// A run is a benchmark that is being run.
type run struct {
	benchmark
	ctx    context.Context
	pin    Pinning
	keeper *stderr.Keeper // keeps standard error out of the result line
	ran    bool           // -bench has let the benchmark run
	began  usage.Machine  // before the first measure
	ended  bool           // the leaf has failed after the end of ctx

	skipped error // why the benchmark is not measured
}

// leaf is the function of the sub-benchmark.
func (r *run) leaf(b *testing.B) {
	if !testing.Verbose() { // with -v, package testing prints the line only after the leaf has ended
		r.keeper.Begin()
	}
	if r.ended {
		// Package testing goes on with the further results that -count asks for.
		r.close()
		interrupt.End(r.ctx)
	}
	first := !r.ran
	if first {
		r.ran, r.began = true, usage.ReadMachine()
	}
	defer setProcs(r.pin.Client)() // package testing sets its own, and restores it
	err := r.measure(r.ctx, b)
	if first && errors.Is(err, sample.ErrAbandoned) {
		r.ran, r.skipped = false, err
		b.SkipNow()
	}
	if err != nil {
		r.ended = r.ctx.Err() != nil
		b.Fatalf("echobench: %s: %v", r.name(), err)
	}
}

// setFirstProcs sets GOMAXPROCS to the first value of -cpu, as package testing does only
// after its first call of a benchmark.
func setFirstProcs() {
	list, _, _ := strings.Cut(testFlag("cpu"), ",")
	if n, err := strconv.Atoi(strings.TrimSpace(list)); err == nil && n > 0 {
		runtime.GOMAXPROCS(n)
	}
}

// testFlag returns the value of a flag of go test, or an empty string if it is not set.
func testFlag(name string) string {
	if f := flag.Lookup("test." + name); f != nil {
		return f.Value.String()
	}
	return ""
}
