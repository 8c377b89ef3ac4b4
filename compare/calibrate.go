package compare

import (
	"context"
	"fmt"
	"time"
)

// calibrationTimeout bounds the run that finds b.N of a benchmark.
const calibrationTimeout = 2 * time.Minute

// calibrate finds b.N of every task. A fixed b.N makes both sides do the same work,
// also in setting up and in what is cached.
func (s *scheduler) calibrate(ctx context.Context) error {
	for i, t := range s.tasks {
		if s.calibrated(t) {
			continue
		}
		t.timeout = calibrationTimeout
		got, err := s.sample(ctx, s.sides[0], t, s.config.Sample.String())
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			t.fail(s.sides[0], fmt.Errorf("finding b.N: %w", err))
			continue
		}
		t.n = iterations(got.results[0].Iters, got.values[t.name]["ns/op"], got.elapsed, s.config.Sample)
		t.expect(got.elapsed)
		s.progress.line("calibrated %d of %d benchmarks", i+1, len(s.tasks))
	}
	return nil
}

// calibrated reports whether a task needs no run to find b.N: it is a command, or one
// iteration of it has taken longer than any sample.
func (s *scheduler) calibrated(t *task) bool {
	if s.sides[0].command != nil {
		t.expect(s.found.first.elapsed)
		return true
	}
	once := time.Duration(s.found.first.values[t.name]["ns/op"])
	if once < maxSamples*s.config.Sample {
		return false
	}
	t.n = 1
	t.expect(once)
	return true
}

// expect sets what a run of the task may take, if one has taken so long.
func (t *task) expect(elapsed time.Duration) {
	t.timeout = time.Minute + 10*elapsed
	t.cost = 3 * elapsed
}

// maxSamples is how many times Sample a run measures at most.
const maxSamples = 10

// iterations returns the b.N with which a run measures for about a sample, if n
// iterations of nsPerOp took a process that time. It measures for longer if the process
// takes long besides: for a third of that time. If it did not, such a benchmark would
// spend nearly all of its time on preparations, although longer runs vary less.
func iterations(n int, nsPerOp float64, elapsed, sample time.Duration) int {
	measured := time.Duration(nsPerOp * float64(n))
	if measured <= 0 {
		return n // a benchmark that has removed ns/op
	}
	sample = max(sample, min((elapsed-measured)/3, maxSamples*sample))
	return max(1, int(float64(n)*float64(sample)/float64(measured)))
}
