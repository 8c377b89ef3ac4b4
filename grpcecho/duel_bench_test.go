package grpcecho

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/internal/benchkit"
	"github.com/echobench/echobench/payload"
)

// BenchmarkTieredOverDefault compares the two buffer pools. At 32704B, both use
// buffers of 32 KiB, so that a ratio of about 1 shows that the comparison is fair.
func BenchmarkTieredOverDefault(b *testing.B) {
	sides := benchkit.Select(b, Variants(), "grpctiers", "grpc")
	echobench.Duel{
		A:           sides[0],
		B:           sides[1],
		Sizes:       []payload.Size{32704, 32 << 10, 64 << 10},
		Parallelism: []int{1},
	}.Run(b)
}
