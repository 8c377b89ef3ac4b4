package echobench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// A duelRun is one benchmark of a Duel that is being run. As in a cellRun, a climb of
// b.N is a sample, and each sample has fresh servers and clients.
type duelRun struct {
	a, b  cell
	slice time.Duration
	order *rand.Rand // of the sides in each pair
	sides []*side    // A and B of the present sample; nil before the first
	procs int        // GOMAXPROCS of the present sample
	pairs int        // in the last result
	ran   bool       // -bench has let the benchmark run
}

// name returns the name of the sub-benchmark.
func (r *duelRun) name() string {
	return fmt.Sprintf("a=%s/b=%s/size=%v/par=%d", r.a.variant.Name, r.b.variant.Name, r.a.size, r.a.workers)
}

// run runs the sub-benchmark of b. It returns a remark if there is no interval.
func (r *duelRun) run(b *testing.B) (remark string) {
	b.Run(r.name(), r.leaf)
	if err := r.close(); err != nil {
		b.Errorf("echobench: %s: closing: %v", r.name(), err)
	}
	if n := r.pairs; n > 0 && n < pairsLeast {
		remark = fmt.Sprintf("an interval needs %d pairs, not %d: raise -benchtime", pairsLeast, n)
	}
	return remark
}

// leaf is the function of the sub-benchmark. It measures b.N pairs.
func (r *duelRun) leaf(b *testing.B) {
	r.ran, r.pairs = true, 0
	// With -cpu, package testing makes the first call before it sets GOMAXPROCS.
	if b.N == 1 || r.sides != nil && r.procs != runtime.GOMAXPROCS(0) {
		if err := r.close(); err != nil {
			b.Fatalf("echobench: %s: closing the previous sample: %v", r.name(), err)
		}
		if err := r.open(); err != nil {
			b.Fatalf("echobench: %s: %v", r.name(), err)
		}
	}
	if r.sides == nil {
		b.Fatalf("echobench: %s: called with b.N=%d before b.N=1", r.name(), b.N)
	}
	var results pairs
	b.ResetTimer()
	for range b.N {
		if err := r.pair(&results); err != nil {
			b.Fatalf("echobench: %s: %v", r.name(), err)
		}
	}
	b.StopTimer()
	b.ReportMetric(0, "ns/op") // removes it
	results.report(b.ReportMetric)
	r.pairs = b.N
}

// pair runs a slice of each side, in random order, and adds the figures to p.
func (r *duelRun) pair(p *pairs) error {
	var both [2]figures
	first := r.order.IntN(2)
	for _, i := range []int{first, 1 - first} {
		var err error
		if both[i], err = r.sides[i].run(); err != nil {
			return err
		}
	}
	p.a, p.b = append(p.a, both[0]), append(p.b, both[1])
	return nil
}

// open opens a sample of each side. If it fails, it leaves nothing behind.
func (r *duelRun) open() error {
	r.procs = runtime.GOMAXPROCS(0)
	for i, c := range []cell{r.a, r.b} {
		s, err := openSide("ab"[i:i+1], c, r.slice)
		if err != nil {
			return errors.Join(err, r.close())
		}
		r.sides = append(r.sides, s)
	}
	return nil
}

// close closes the present sample, if there is one.
func (r *duelRun) close() error {
	var errs []error
	for _, s := range r.sides {
		errs = append(errs, s.named(s.sample.close()))
	}
	r.sides = nil
	return errors.Join(errs...)
}

// A side is one side of a duel with its server, clients and workers.
type side struct {
	letter string // a or b
	cell   cell
	sample *sample
	echoes int // in a slice
}

// openSide opens a sample and finds how many echoes take about a slice.
func openSide(letter string, c cell, slice time.Duration) (*side, error) {
	s := &side{letter: letter, cell: c}
	var err error
	if s.sample, err = openSample(c); err != nil {
		return nil, s.named(err)
	}
	if err := s.calibrate(slice); err != nil {
		return nil, s.named(errors.Join(err, s.sample.close()))
	}
	return s, nil
}

// named returns err with the side's letter and name, or nil.
func (s *side) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s=%s: %w", s.letter, s.cell.variant.Name, err)
}

// calibrate sets s.echoes by runs of growing length.
func (s *side) calibrate(slice time.Duration) error {
	least := 4 * s.cell.workers
	for n := least; ; n *= 2 {
		var watch stopwatch
		if err := s.sample.echo(n, &watch); err != nil {
			return err
		}
		if watch.elapsed >= slice/4 {
			s.echoes = max(least, int(float64(n)*slice.Seconds()/watch.elapsed.Seconds()))
			return nil
		}
	}
}

// run makes the echoes of one slice.
func (s *side) run() (figures, error) {
	m, err := s.sample.measure(s.echoes, new(stopwatch), nil)
	if err != nil {
		return nil, s.named(err)
	}
	return figuresOf(m, s.cell.metrics), nil
}
