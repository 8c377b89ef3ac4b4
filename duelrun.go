package echobench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/units"
	"github.com/echobench/echobench/internal/sample"
	"github.com/echobench/echobench/internal/stats/paired"
)

// A duelRun is one benchmark of a Duel that is being run. An iteration is a pair of
// slices.
type duelRun struct {
	sides [2]side // A and B
	slice time.Duration
	order *rand.Rand // of the sides in each pair
	procs int        // the GOMAXPROCS for which the sides are calibrated; 0 at first
	pairs int        // in the last result
}

// name implements benchmark.
func (r *duelRun) name() string {
	a, b := r.sides[0].cell, r.sides[1].cell
	return fmt.Sprintf("a=%s/b=%s/size=%v/par=%d", a.Variant.Name, b.Variant.Name, a.Size, a.Workers)
}

// measure implements benchmark.
func (r *duelRun) measure(ctx context.Context, b *testing.B) error {
	r.pairs = 0
	if procs := runtime.GOMAXPROCS(0); r.procs != procs {
		if err := r.calibrate(ctx); err != nil {
			return err
		}
		r.procs = procs
	}
	var results pairs
	for b.Loop() {
		b.StopTimer()
		if err := r.pair(ctx, b, &results); err != nil {
			return err
		}
		b.StartTimer() // which b.Loop needs
	}
	b.ReportMetric(0, "ns/op") // removes it
	results.report(b.ReportMetric)
	r.pairs = b.N
	return nil
}

// close implements benchmark. A pair leaves nothing open.
func (r *duelRun) close() (remark string, lines []string, err error) {
	if n := r.pairs; n > 0 && n < minPairs {
		remark = fmt.Sprintf("an interval needs %d pairs, not %d: raise -benchtime", minPairs, n)
	}
	return remark, nil, nil
}

// calibrate finds how many echoes of each side take about a slice. If the sides are
// about as fast as each other, they make the same number of echoes, so that the
// error of this measurement does not count as a difference between them.
func (r *duelRun) calibrate(ctx context.Context) error {
	a, b := &r.sides[0], &r.sides[1]
	for _, s := range []*side{a, b} {
		if err := s.calibrate(ctx, r.slice); err != nil {
			return err
		}
	}
	if max(a.echoes, b.echoes) <= 2*min(a.echoes, b.echoes) {
		both := (a.echoes + b.echoes) / 2
		a.echoes, b.echoes = both, both
	}
	return nil
}

// pair runs a slice of each side, in random order, and adds the figures to p.
func (r *duelRun) pair(ctx context.Context, b *testing.B, p *pairs) error {
	var both [2]figures
	first := r.order.IntN(2)
	for _, i := range []int{first, 1 - first} {
		var err error
		if both[i], err = r.sides[i].run(ctx, b); err != nil {
			return err
		}
	}
	p.a, p.b = append(p.a, both[0]), append(p.b, both[1])
	return nil
}

// A side is one side of a duel.
type side struct {
	letter string // a or b
	cell   cell
	echoes int // in a slice
}

func newSide(letter string, v echo.Variant, m Metrics, template cell) side {
	c := template.withVariant(v)
	c.Metrics = units.Set(m)
	return side{letter: letter, cell: c}
}

// withSample calls f with a fresh sample of the side, and closes it.
func (s *side) withSample(ctx context.Context, f func(*sample.Sample) error) error {
	if err := sample.With(ctx, s.cell.Config, f); err != nil {
		return fmt.Errorf("%s=%s: %w", s.letter, s.cell.Variant.Name, err)
	}
	return nil
}

// calibrate finds how many echoes take about a slice, by runs of growing length. A
// length is accepted if two runs of it are both long enough, because a pause of the
// machine can make a short run take long.
func (s *side) calibrate(ctx context.Context, slice time.Duration) error {
	return s.withSample(ctx, func(opened *sample.Sample) error {
		minEchoes := max(4*s.cell.Workers, 20) // a median needs 20
		for n := minEchoes; ; n *= 2 {
			elapsed := time.Duration(math.MaxInt64)
			for range 2 {
				var watch sample.Stopwatch
				if err := opened.Echo(n, &watch); err != nil {
					return err
				}
				elapsed = min(elapsed, watch.Elapsed())
			}
			if elapsed >= slice/4 {
				s.echoes = max(minEchoes, int(float64(n)*slice.Seconds()/elapsed.Seconds()))
				return nil
			}
		}
	})
}

// run makes the echoes of one slice, during which b's timer runs. Before that, it
// makes a quarter as many, because new connections are slower at first.
func (s *side) run(ctx context.Context, b *testing.B) (result figures, err error) {
	err = s.withSample(ctx, func(opened *sample.Sample) error {
		if err := opened.Echo(s.echoes/4, new(sample.Stopwatch)); err != nil {
			return err
		}
		m, err := opened.Measure(s.echoes, &sliceTimer{b: b})
		if err == nil {
			result = figuresOf(m, s.cell.Metrics)
		}
		return err
	})
	return result, err
}

// A sliceTimer is the timer of one slice. b's timer adds up all slices.
type sliceTimer struct {
	sample.Stopwatch
	b *testing.B
}

func (t *sliceTimer) ResetTimer() {
	t.Stopwatch.ResetTimer()
	t.b.StartTimer()
}

func (t *sliceTimer) StopTimer() {
	t.b.StopTimer()
	t.Stopwatch.StopTimer()
}

// figures are the results of one slice of one side of a duel, by unit.
type figures map[string]float64

func figuresOf(m *sample.Measurement, set units.Set) figures {
	f := figures{}
	m.Report(set&units.Latency, func(value float64, unit string) { f[unit] = value })
	if cpu, ok := m.CPUPerEcho(); ok && set&units.CPU != 0 {
		f[units.CPUPerOp] = cpu
	}
	return f
}

// pairs are the figures of a duel. a[i] and b[i] ran next to each other.
type pairs struct{ a, b []figures }

// confidence is the confidence level; minPairs is how many pairs an interval needs.
const (
	confidence = 0.95
	minPairs   = 6
)

// report calls metric for the medians of both sides and for their ratio with its
// interval, for each unit that all slices have.
func (p pairs) report(metric func(value float64, unit string)) {
	for _, u := range units.Duel {
		a, b := column(p.a, u.Name), column(p.b, u.Name)
		if a == nil || b == nil {
			continue
		}
		metric(paired.Median(a), "a-"+u.Name)
		metric(paired.Median(b), "b-"+u.Name)
		interval, ok := paired.Estimate(b, a, confidence)
		metric(interval.Ratio, u.Ratio)
		if ok {
			metric(interval.Low, u.Ratio+"-low")
			metric(interval.High, u.Ratio+"-high")
		}
	}
}

// column returns the values of one unit, or nil if a slice does not have one.
func column(all []figures, unit string) (values []float64) {
	for _, f := range all {
		if f[unit] <= 0 {
			return nil
		}
		values = append(values, f[unit])
	}
	return values
}
