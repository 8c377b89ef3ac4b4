package latency

import (
	"math/bits"
	"time"
)

// The histograms have the buckets of HdrHistogram for this range, in nanoseconds,
// and this number of significant digits: one for each value below 256, and then 128
// for each doubling. HdrHistogram computes percentiles from them and writes them,
// but it can't count for several goroutines without a lock.
const (
	minLatency = int64(1)
	maxLatency = int64(time.Hour)
	digits     = 2

	exactBits = 8                                       // values of so many bits have a bucket each
	doublings = 42 - exactBits                          // maxLatency has 42 bits
	buckets   = 1<<exactBits + doublings<<(exactBits-1) // 36 KB of counts
)

// bucket returns the index of the bucket that contains ns. It is out of range if ns is
// negative or exceeds maxLatency.
func bucket(ns int64) int {
	shift := bits.Len64(uint64(ns)|(1<<exactBits-1)) - exactBits
	return shift<<(exactBits-1) + int(ns>>shift)
}
