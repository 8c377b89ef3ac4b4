package echobench

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/measure/header"
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/payload"
)

// A Duel compares two transports in one process. An iteration of its benchmarks is
// a pair of slices of time next to each other, one of each side in random order, so
// that changes in the machine's speed affect both sides. Each slice has a fresh server and fresh
// clients, because two servers of one build differ. The timer runs during the
// slices only. The line of a benchmark has the median of each side over all slices,
// and the ratio of A to B with its 95% interval:
//
//	a-ops/s  b-ops/s  ops-ratio  ops-ratio-low  ops-ratio-high
//
// The same follows for p50-ns and p99-ns, the percentiles of the round trip, and
// for cpu-ns/op, the processor time of one echo at both ends. A percentile needs
// slices with enough echoes (1000 for the 99th). The ratio is the Hodges–Lehmann
// estimate from the log ratios of the pairs, and the interval is that of the
// signed-rank test. It needs 6 pairs, and more pairs make it narrower: for more
// pairs, raise -benchtime, and not -count. The line has no ns/op, because the time
// of both sides together means nothing.
//
// Package compare compares two builds.
type Duel struct {
	// A and B are the two sides. Their names must differ.
	A, B echo.Variant

	// Sizes and Parallelism give the benchmarks: one for each size and number of
	// workers, named a=NAME/b=NAME/size=SIZE/par=N. The defaults are those of a Suite.
	Sizes       []payload.Size
	Parallelism []int

	// Server is where the servers run; the default is InProcess.
	Server Placement

	// Slice is about how long one side runs at a time; 0 means 50 ms. A slice is
	// longer if it would otherwise have fewer than 20 echoes, or 4 for each worker.
	// Each slice of a side has the same number of echoes, which is found before the
	// first pair. It is the same for both sides unless one is more than twice as fast
	// as the other.
	Slice time.Duration

	// MetricsA and MetricsB select what is measured of each side; 0 means Latency
	// and CPU. The line has what both sides measure. Set them to different values only
	// to measure the cost of measuring.
	MetricsA, MetricsB Metrics

	// Seed makes the order in the pairs repeatable; 0 means 1.
	Seed uint64

	// Stall is how long a side may go without a finished echo before its benchmark
	// fails; 0 means 10 seconds.
	Stall time.Duration
}

// Run runs the Duel's benchmarks as sub-benchmarks of b. It skips b if one of the
// transports is not available in this build. A mistake in the Duel fails b before
// anything starts. An error in a benchmark fails that benchmark only; the others
// still run. The rules of the contract are checked as in [Suite.Run].
func (d Duel) Run(b *testing.B) {
	b.Helper()
	d.Slice = cmp.Or(d.Slice, 50*time.Millisecond)
	d.Seed = cmp.Or(d.Seed, 1)
	d.MetricsA = cmp.Or(d.MetricsA, Latency|CPU)
	d.MetricsB = cmp.Or(d.MetricsB, Latency|CPU)
	suite := d.suite()
	serveChild(b, suite.Variants)
	if err := errors.Join(d.check(suite), d.Server.checkName(b.Name())); err != nil {
		b.Fatalf("echobench: %v", err)
	}
	for _, v := range suite.Variants {
		if err := contract.Describe(v.Transport, 1).Unavailable; err != nil {
			b.Skipf("echobench: %s: %v", v.Name, err)
		}
	}
	units.PrintDuel()
	fmt.Printf("server: %v\n", d.Server)
	header.PrintHost()
	header.PrintSettings(suite.Variants)
	ctx, end := suite.begin(b)
	defer end()
	template := suite.template(b.Name())
	template.Findings = sample.NewFindings(suite.Variants)
	runCells(ctx, b, suite.Pin, d.cells(suite, template))
}

// suite returns a Suite with the Duel's sides, sizes and numbers of workers.
func (d *Duel) suite() *Suite {
	s := &Suite{Variants: []echo.Variant{d.A, d.B}, Sizes: d.Sizes, Parallelism: d.Parallelism, Server: d.Server, Stall: d.Stall}
	s.setDefaults()
	return s
}

// check returns the first mistake that can be found before anything starts.
func (d *Duel) check(suite *Suite) error {
	if d.Slice < 0 {
		return fmt.Errorf("slice %v: want a positive duration, or 0 for 50ms", d.Slice)
	}
	for _, m := range []Metrics{d.MetricsA, d.MetricsB} {
		if err := units.Set(m).Check(); err != nil {
			return err
		}
	}
	return suite.check(suite.Variants)
}

// cells returns the Duel's benchmarks, in the order in which they run.
func (d *Duel) cells(suite *Suite, template cell) (cells []*duelRun) {
	for _, c := range suite.grid(template) {
		cells = append(cells, &duelRun{
			sides: [2]side{newSide("a", d.A, d.MetricsA, c), newSide("b", d.B, d.MetricsB, c)},
			slice: d.Slice,
			order: rand.New(rand.NewPCG(d.Seed, 0)),
		})
	}
	return cells
}
