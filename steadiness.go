package echobench

import (
	"fmt"

	"github.com/echobench/echobench/internal/steady"
)

// A steadiness says what the samples of a cell at a rate are worth.
type steadiness struct {
	samples  int
	drifting int     // samples that drift
	ratio    float64 // of the last sample that drifts
	few      int     // samples with too few independent response times for p99
	fewest   int     // independent response times for p99 in one of them
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
		if s.few == 0 || n < s.fewest {
			s.fewest = n
		}
		s.few++
	}
}

// remarks returns what should be known of the samples.
func (s *steadiness) remarks() (remarks []string) {
	if s.drifting > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of %d samples drift, so they are not in a steady state: the last half of the response times is %.2f times the first fifth", s.drifting, s.samples, s.ratio))
	}
	if s.few > 0 {
		remarks = append(remarks, fmt.Sprintf("p99-ns of %d of %d samples is uncertain: as few as %d response times are independent, and its interval needs %d (-benchtime)", s.few, s.samples, s.fewest, steady.Needed(p99)))
	}
	return remarks
}
