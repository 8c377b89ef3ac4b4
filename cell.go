package echobench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/latency"
	"github.com/echobench/echobench/internal/run/link"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/internal/stats/steady"
)

// A cell is one combination of a Suite: what its samples consist of, and its name.
type cell struct {
	sample.Config
	axes string // further parts of the name, such as /idle=1000
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

// cells returns every cell, in the order in which they run. The variants of one cell
// follow each other, so that what is compared is adjacent in time. The template says how
// to measure them.
func (s *Suite) cells(variants []echo.Variant, template cell) (cells []cell) {
	for _, c := range s.grid(template) {
		for _, v := range variants {
			cells = append(cells, c.withVariant(v))
		}
	}
	return cells
}

// grid returns the cell with each size, number of workers and value of the further axes.
func (s *Suite) grid(c cell) (cells []cell) {
	for _, size := range s.Sizes {
		for _, workers := range s.Parallelism {
			c.Size, c.Workers = size, workers
			for _, c := range c.withIdle(s.Idle) {
				for _, c := range c.withLinks(s.Links) {
					cells = append(cells, c.withRates(s.Rates)...)
				}
			}
		}
	}
	return cells
}

// runs returns what runs the cells as sub-benchmarks of the benchmark with the given name.
func (s *Suite) runs(parent string, cells []cell) (runs []*cellRun) {
	for _, c := range cells {
		runs = append(runs, &cellRun{cell: c, parent: parent, histograms: s.Histograms, latencies: map[int]*latencies{}, profiles: s.Profiles.Folder, profiled: map[int]int{}})
	}
	return runs
}

// A cellRun is a cell of a Suite that is being run. An iteration is an echo.
//
// Package testing calls the leaf with b.N = 1 and then with larger values, and
// repeats that series of calls for each -count. Each series has a sample of its own, with
// its own server and clients. If several samples shared them, they would all inherit one server's
// speed, and benchstat would report differences between equal builds.
type cellRun struct {
	cell
	parent     string              // the name of the benchmark that contains it
	histograms string              // the folder, or empty
	sample     *sample.Sample      // nil before the first
	procs      int                 // the GOMAXPROCS with which the sample was opened
	last       *sample.Measurement // of the sample, with the largest b.N; nil before the first
	remark     string              // which end was busy in the last sample
	latencies  map[int]*latencies  // by GOMAXPROCS
	profiles   string              // the folder, or empty
	profiled   map[int]int         // samples whose profiles were written, by GOMAXPROCS
	steady     steadiness          // of the samples at a rate
}

// A latencies has those of the last measurement of every sample.
type latencies struct {
	all     *latency.Recorder
	samples [][]byte // of each sample, encoded
}

// measure implements benchmark.
func (r *cellRun) measure(ctx context.Context, b *testing.B) (err error) {
	if b.N == 1 {
		if err := r.closeSample(); err != nil {
			return fmt.Errorf("closing the previous sample: %w", err)
		}
		r.procs = runtime.GOMAXPROCS(0)
		if r.sample, err = sample.Open(ctx, r.Config); err != nil {
			return err
		}
	}
	if r.sample == nil {
		return fmt.Errorf("called with b.N=%d before b.N=1", b.N)
	}
	r.last = nil
	b.ReportAllocs()
	m, err := r.sample.Measure(b.N, b)
	if err == nil {
		err = r.sample.Recheck()
	}
	if err != nil {
		return err
	}
	m.Report(r.Metrics, b.ReportMetric) // last, because ResetTimer removes what was reported
	r.last = m
	return nil
}

// closeSample closes the sample, if there is one, and keeps what remains of it.
func (r *cellRun) closeSample() error {
	if r.sample == nil {
		return nil
	}
	err := r.sample.Close()
	if m := r.last; m != nil {
		r.remark = m.Load()
		err = errors.Join(err, r.keepLatencies(m.RoundTrips()), r.writeProfiles())
		if report, ok := m.Steadiness(); ok {
			r.steady.add(report)
		}
	}
	r.sample, r.last = nil, nil
	return err
}

// keepLatencies keeps those of a sample for the histograms, if they are wanted.
func (r *cellRun) keepLatencies(sample *latency.Recorder) error {
	if r.histograms == "" {
		return nil
	}
	kept := r.latencies[r.procs]
	if kept == nil {
		kept = &latencies{all: latency.NewRecorder()}
		r.latencies[r.procs] = kept
	}
	encoded, err := sample.Encode()
	kept.all.Merge(sample)
	kept.samples = append(kept.samples, encoded)
	return err
}

// close implements benchmark. It writes the histograms.
func (r *cellRun) close() (remark string, lines []string, err error) {
	if err = r.closeSample(); err != nil {
		err = fmt.Errorf("closing: %w", err)
	}
	return r.remark, r.steady.remarks(), errors.Join(err, r.writeHistograms())
}

// writeHistograms writes the histograms of each value of -cpu.
func (r *cellRun) writeHistograms() error {
	var errs []error
	for procs, kept := range r.latencies {
		errs = append(errs, kept.all.WriteFiles(r.histograms, r.fullName(procs), kept.samples))
	}
	return errors.Join(errs...)
}

// fullName returns the benchmark's name, after which the cell's files are named. With several
// values of -cpu it ends in -N, as in the results.
func (r *cellRun) fullName(procs int) string {
	name := r.parent + "/" + r.name()
	if strings.Contains(testFlag("cpu"), ",") {
		name += fmt.Sprintf("-%d", procs)
	}
	return name
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
