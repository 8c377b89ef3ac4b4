package echobench

import "fmt"

// A steadiness says how many samples of a cell at a rate are no measurements of a
// steady state.
type steadiness struct {
	samples  int
	drifting int     // samples that drift
	ratio    float64 // of the last sample that drifts
	few      int     // samples with too few independent response times for p99
}

// add adds a sample, unless its loop was closed.
func (s *steadiness) add(r *rateResult) {
	if r == nil || r.short {
		return
	}
	s.samples++
	if r.steady.Drifts {
		s.drifting++
		s.ratio = r.steady.Ratio
	}
	if !r.overload && !r.enough("p99-ns") {
		s.few++
	}
}

// remarks returns what should be known of the samples.
func (s *steadiness) remarks() (remarks []string) {
	if s.drifting > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of %d samples drift: the last 40%% of the response times are %.2f times the first 40%%, which is no steady state", s.drifting, s.samples, s.ratio))
	}
	if s.few > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of %d samples have no p99-ns, because too few of their response times are independent: raise -benchtime", s.few, s.samples))
	}
	return remarks
}
