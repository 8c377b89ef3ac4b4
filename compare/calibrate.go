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
	for i, c := range s.tasks {
		got, err := s.sample(ctx, s.sides[0], c.benchmark, s.config.Sample.String(), calibrationTimeout)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			c.err = fmt.Errorf("finding b.N: %w", err)
			continue
		}
		c.n = iterations(got, s.config.Sample)
		c.timeout = time.Minute + 10*got.elapsed
		s.progress.line("calibrated %d of %d benchmarks", i+1, len(s.tasks))
	}
	return nil
}

// maxSamples is how many times Sample a run measures at most.
const maxSamples = 10

// iterations returns the b.N with which a run measures for about a sample. It
// measures for longer if the process takes long besides: for a third of that time. If
// it did not, such a benchmark would spend nearly all of its time on preparations,
// although longer runs vary less.
func iterations(got sample, want time.Duration) int {
	n := got.results[0].Iters
	measured := time.Duration(got.values["ns/op"] * float64(n))
	if measured <= 0 {
		return n // a benchmark that has removed ns/op
	}
	want = max(want, min((got.elapsed-measured)/3, maxSamples*want))
	return max(1, int(float64(n)*float64(want)/float64(measured)))
}
