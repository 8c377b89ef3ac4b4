package tcp

import (
	"testing"

	"github.com/echobench/echobench/internal/benchkit"
)

// BenchmarkRate checks the generator at 20,000 requests a second. ops/s must be within
// 0.5% of offered/s, and lag-p99-ns at most 100,000.
func BenchmarkRate(b *testing.B) { benchkit.Rate(b, 20_000, Variants()[0]) }
