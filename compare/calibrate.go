package compare

import (
	"context"
	"fmt"
	"time"
)

// calibrationTimeout bounds the run that finds b.N of a benchmark.
const calibrationTimeout = 2 * time.Minute

// calibrate finds b.N of every cell: that with which a run of old measures for
// about a sample. A fixed b.N makes both sides do the same work, also in setting
// up and in what is cached.
func (s *scheduler) calibrate(ctx context.Context) error {
	for i, c := range s.cells {
		got, err := s.sample(ctx, s.sides[0], c.benchmark, s.config.Sample.String(), calibrationTimeout)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			c.err = fmt.Errorf("finding b.N: %w", err)
			continue
		}
		c.n = got.results[0].Iters
		c.timeout = time.Minute + 10*got.elapsed
		s.progress.line("calibrated %d of %d benchmarks", i+1, len(s.cells))
	}
	return nil
}
