package echobench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/header"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/internal/units"
	"github.com/echobench/echobench/payload"
)

// A MaxRate finds the highest rate at which each cell of a Suite keeps a service level
// objective: the rate at which half of the trials of about a second keep it, with its 95%
// interval. The line of a benchmark has max-ops/s, max-low-ops/s and max-high-ops/s, and
// nothing else, for each -count. An SLO that is kept at no rate fails its cell, and so
// does one that is kept at each rate that can be offered.
type MaxRate struct {
	// Suite says what is measured. Its Sizes are 64B by default, and its Parallelism is
	// 50. It cannot have Rates, Overload, Counters or Histograms, and its Metrics have
	// no effect.
	Suite Suite

	// SLOs are the objectives, of which there must be one or more. They become a part
	// of the cell's name.
	SLOs []SLO

	// Time is how long each search may take; 0 means 75 seconds. The last trial may
	// exceed it. With less time the intervals are wider.
	Time time.Duration
}

// Run runs the searches as sub-benchmarks of b. Mistakes, errors in a cell, interrupts
// and the rules of the contract are treated as in [Suite.Run].
func (m MaxRate) Run(b *testing.B) {
	b.Helper()
	m.setDefaults()
	s := &m.Suite
	variants := s.variants()
	serveChild(b, variants)
	if err := errors.Join(m.check(variants), s.Server.checkName(b.Name())); err != nil {
		b.Fatalf("echobench: %v", err)
	}
	ctx, end := s.begin(b)
	defer end()
	units.PrintMaxRate()
	s.printSettings(variants, true)
	template := s.template(b.Name())
	template.Overload = true // a refusal breaks an SLO, and not the benchmark
	available := s.available(b, variants)
	template.Rules = sample.NewRules(available)
	m.runCells(ctx, b, m.cells(available, template))
}

func (m *MaxRate) setDefaults() {
	if m.Suite.Sizes == nil {
		m.Suite.Sizes = []payload.Size{64}
	}
	if m.Suite.Parallelism == nil {
		m.Suite.Parallelism = []int{50}
	}
	m.Suite.setDefaults()
	m.Time = cmp.Or(m.Time, searchTime)
}

// check returns the first mistake that can be found before anything starts.
func (m *MaxRate) check(variants []echo.Variant) error {
	s := &m.Suite
	if s.Rates != nil || s.Overload || s.Counters || s.Histograms != "" {
		return errors.New("slos with rates, overload, counters or histograms: a search for the highest rate has none of them")
	}
	arrivals := s.Arrivals
	s.Arrivals = Poisson // the check of a Suite without rates accepts no other
	err := s.check(variants)
	s.Arrivals = arrivals
	if err := cmp.Or(err, s.Arrivals.check()); err != nil {
		return err
	}
	for _, v := range variants {
		if err := checkSingle(v); err != nil {
			return err
		}
	}
	if m.Time < 0 {
		return fmt.Errorf("search time %v: want a positive duration, or 0 for %v", m.Time, searchTime)
	}
	return checkSLOs(m.SLOs)
}

// cells returns every search, in the order in which they run.
func (m *MaxRate) cells(variants []echo.Variant, template cell) (cells []*maxRun) {
	for _, c := range m.Suite.grid(template) {
		for _, o := range m.SLOs {
			for _, v := range variants {
				run := &maxRun{cell: c.withVariant(v), slo: o, time: m.Time}
				run.axes += fmt.Sprintf("/slo=%v", o)
				cells = append(cells, run)
			}
		}
	}
	return cells
}

// runCells runs the searches one after the other, until ctx ends.
func (m *MaxRate) runCells(ctx context.Context, b *testing.B, cells []*maxRun) {
	progress := header.NewProgress(len(cells))
	for _, c := range cells {
		if ctx.Err() != nil {
			return
		}
		c.ctx = ctx
		result := c.run(b)
		progress.Done(result.ran, result.load)
		header.PrintOthers(result.others)
	}
}
