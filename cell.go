package echobench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/latency"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/run/interrupt"
	"github.com/echobench/echobench/internal/run/link"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/internal/stats/steady"
)

// A cell is one combination of a Suite: what its samples consist of, and its name.
type cell struct {
	sample.Config
	axes       string  // further parts of the name, such as /idle=1000
	pin        Pinning // of the clients' end; that of the server is in Child
	histograms string  // the folder for them; empty means none
}

// name returns the name of the cell's sub-benchmark.
func (c cell) name() string {
	name := fmt.Sprintf("proto=%s/size=%v/par=%d", c.Variant.Name, c.Size, c.Workers)
	switch {
	case c.Variant.Batch > 0:
		name += fmt.Sprintf("/batch=%d", c.Variant.Batch)
	case c.Variant.Depth > 0:
		name += fmt.Sprintf("/depth=%d", c.Variant.Depth)
	}
	return name + c.axes
}

// withVariant returns the cell with the given variant.
func (c cell) withVariant(v echo.Variant) cell {
	c.Variant = v
	if c.Child != nil {
		order := *c.Child
		order.Variant = v.Name
		c.Child = &order
	}
	return c
}

// withIdle returns the cell with each number of idle clients, or c itself if there
// are no such numbers.
func (c cell) withIdle(numbers []int) []cell {
	if numbers == nil {
		return []cell{c}
	}
	var cells []cell
	for _, n := range numbers {
		d := c
		d.Idle = n
		d.axes += fmt.Sprintf("/idle=%d", n)
		cells = append(cells, d)
	}
	return cells
}

// withLinks returns the cell with each link, or c itself if there are none.
func (c cell) withLinks(links []Link) []cell {
	if links == nil {
		return []cell{c}
	}
	var cells []cell
	for _, l := range links {
		d := c
		d.Link = link.Config(l)
		d.axes += fmt.Sprintf("/link=%v", l)
		cells = append(cells, d)
	}
	return cells
}

// withRates returns the cell with each rate, or c itself if there are none.
func (c cell) withRates(rates []Rate) []cell {
	if rates == nil {
		return []cell{c}
	}
	var cells []cell
	for _, r := range rates {
		d := c
		d.PerSecond, d.Percent = r.PerSecond, r.Percent
		d.axes += fmt.Sprintf("/rate=%v", r)
		cells = append(cells, d)
	}
	return cells
}

// A cellResult is what remains of a cell beside its result lines.
type cellResult struct {
	ran       bool              // -bench has let the cell run
	load      string            // a remark: which end was busy in the last sample
	others    float64           // share of the machine that other processes used; 0 if it is not known
	latencies *latency.Recorder // of the last run of every sample; nil if none was finished
	samples   [][]byte          // the same of each sample, encoded, if histograms are written
	steady    steadiness        // of the samples at a rate
}

func (r cellResult) writeHistogram(folder, cell string) error {
	if folder == "" || r.latencies == nil {
		return nil
	}
	return r.latencies.WriteFiles(folder, cell, r.samples)
}

// run runs the cell as a sub-benchmark of b. A cell that -bench filters out costs
// next to nothing, because package compare runs a process for each cell.
// The end of ctx ends the cell.
func (c cell) run(ctx context.Context, b *testing.B) cellResult {
	r := cellRun{cell: c, ctx: ctx}
	b.Run(c.name(), r.leaf)
	if !r.result.ran {
		return r.result
	}
	if err := r.endSample(); err != nil {
		b.Errorf("echobench: %s: closing: %v", c.name(), err)
	}
	if share, ok := usage.ReadMachine().Others(r.began); ok {
		r.result.others = share
	}
	return r.result
}

// A cellRun is a cell that is being run.
//
// Package testing calls the leaf with b.N = 1 and then with larger values, and
// repeats that climb for each -count. One climb is a sample, with its own server
// and clients. If several samples shared them, they would all inherit one server's
// speed, and benchstat would report differences between equal builds.
type cellRun struct {
	cell
	ctx    context.Context
	ended  bool                // the leaf was called, and failed, after the end of ctx
	began  usage.Machine       // before the first sample
	sample *sample.Sample      // nil before the first
	procs  int                 // the GOMAXPROCS with which the sample was opened
	last   *sample.Measurement // the sample's last and longest; nil before the first
	result cellResult
}

// leaf is the function of the sub-benchmark.
func (r *cellRun) leaf(b *testing.B) {
	r.endIfInterrupted(b)
	if !r.result.ran {
		r.result.ran, r.began = true, usage.ReadMachine()
	}
	defer setProcs(r.pin.Client)() // package testing sets its own, and restores it
	// With -cpu, package testing makes the first call before it sets GOMAXPROCS.
	if b.N == 1 || r.sample != nil && r.procs != runtime.GOMAXPROCS(0) {
		if err := r.endSample(); err != nil {
			b.Fatalf("echobench: %s: closing the previous sample: %v", r.name(), err)
		}
		var err error
		r.procs = runtime.GOMAXPROCS(0)
		if r.sample, err = sample.Open(r.ctx, r.Config); err != nil {
			b.Fatalf("echobench: %s: %v", r.name(), err)
		}
	}
	if r.sample == nil {
		b.Fatalf("echobench: %s: called with b.N=%d before b.N=1", r.name(), b.N)
	}
	r.last = nil
	b.ReportAllocs()
	m, err := r.sample.Measure(b.N, b)
	if err == nil {
		err = r.sample.Recheck()
	}
	if err != nil {
		b.Fatalf("echobench: %s: %v", r.name(), err)
	}
	m.Report(r.Metrics, b.ReportMetric) // last, because ResetTimer removes what was reported
	r.last = m
}

// endIfInterrupted ends the process if an interrupt has already failed a sample. Package
// testing would otherwise go on with the further samples that -count asks for.
func (r *cellRun) endIfInterrupted(b *testing.B) {
	if r.ended {
		if err := r.endSample(); err != nil {
			b.Errorf("echobench: %s: closing: %v", r.name(), err)
		}
		interrupt.End(r.ctx)
	}
	r.ended = r.ctx.Err() != nil
}

// endSample closes the sample, if there is one, and keeps what remains of it.
func (r *cellRun) endSample() error {
	if r.sample == nil {
		return nil
	}
	err := r.sample.Close()
	if m := r.last; m != nil {
		r.result.load = m.Load()
		if r.result.latencies == nil {
			r.result.latencies = latency.NewRecorder()
		}
		latencies := m.RoundTrips()
		r.result.latencies.Merge(latencies)
		if r.histograms != "" {
			encoded, encodeErr := latencies.Encode()
			r.result.samples = append(r.result.samples, encoded)
			err = errors.Join(err, encodeErr)
		}
		if report, ok := m.Steadiness(); ok {
			r.result.steady.add(report)
		}
	}
	r.sample, r.last = nil, nil
	return err
}

// A steadiness says which samples of a cell at a rate are not reliable, and why.
type steadiness struct {
	samples  int
	drifting int     // samples that drift
	ratio    float64 // of the last sample that drifts
	few      int     // samples with too few independent response times for p99
	min      int     // independent response times for p99 in the sample that has fewest
}

// p99 is the percentile whose number of independent response times is checked.
const p99 = 0.99

// add adds a sample.
func (s *steadiness) add(r steady.Report) {
	s.samples++
	if r.Drifts {
		s.drifting++
		s.ratio = r.Ratio
	}
	if n := r.Independent(p99); n < steady.Needed(p99) {
		if s.few == 0 || n < s.min {
			s.min = n
		}
		s.few++
	}
}

// remarks returns a line for each kind of sample that is not reliable.
func (s *steadiness) remarks() (remarks []string) {
	if s.drifting > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of %d samples drift, so they are not in a steady state: the last half of the response times is %.2f times the first fifth", s.drifting, s.samples, s.ratio))
	}
	if s.few > 0 {
		remarks = append(remarks, fmt.Sprintf("p99-ns of %d of %d samples is uncertain: as few as %d response times are independent, and its interval needs %d (-benchtime)", s.few, s.samples, s.min, steady.Needed(p99)))
	}
	return remarks
}
