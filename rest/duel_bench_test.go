package rest_test

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/benchkit"
	"github.com/echobench/echobench/rest"
)

// BenchmarkOverPlain compares an Echo with the shortest echo over net/http. The
// difference is what limits, timeouts, checks and contexts add.
func BenchmarkOverPlain(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // side B breaks rules on purpose
	echobench.Duel{
		A:           rest.Variants()[0],
		B:           echo.Variant{Name: "plain", Transport: plain{}},
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1},
	}.Run(b)
}

// BenchmarkPlain is the plain echo alone, for its allocations.
func BenchmarkPlain(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // the plain echo breaks rules on purpose
	echobench.Suite{Transports: []echo.Transport{new(rest.Transport), plain{}}, Sizes: benchkit.Small(), Parallelism: []int{1}}.Run(b)
}
