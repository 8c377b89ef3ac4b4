package latency

// Percentile returns the latency, in nanoseconds, that p percent of the latencies do
// not exceed; it is at most 1% off. Without latencies it returns 0.
func (r *Recorder) Percentile(p float64) int64 { return r.histogram().ValueAtPercentile(p) }

// Mean returns the exact mean in nanoseconds. Without latencies it returns 0.
func (r *Recorder) Mean() float64 { return float64(r.sum) / float64(max(1, r.Count())) }
