package tcp

import (
	"testing"

	"github.com/echobench/echobench/internal/benchkit"
)

// BenchmarkOverload shows what callers get of a server to which half as many requests
// again arrive as it can answer, and whether it helps to refuse some of them at once.
func BenchmarkOverload(b *testing.B) {
	benchkit.Overload(b, &Transport{}, &Transport{RefuseAbove: benchkit.RefuseAbove})
}
