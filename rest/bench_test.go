package rest_test

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/rest"
)

// BenchmarkOverPlain compares the default variant with the shortest echo over
// net/http that has the same options. The difference is what its checks, its errors
// and its Close cost.
func BenchmarkOverPlain(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // the Close of side B does not wait
	echobench.Duel{
		A:           rest.Variants()[0],
		B:           echo.Variant{Name: "plain", Transport: plain{}},
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50, 500},
	}.Run(b)
}

// BenchmarkConns compares one connection for 500 workers with 8, and with one for
// each worker. Over HTTP/1.1 workers wait until a connection is idle; over HTTP/2
// they use the same one at the same time.
func BenchmarkConns(b *testing.B) {
	benchkit.Conns(b, benchkit.SmallAndLarge(), []int{500}, func(conns int) []echo.Variant {
		return []echo.Variant{
			{Name: "rest", Transport: &rest.Transport{Conns: conns}},
			{Name: "h2c", Transport: &rest.Transport{HTTP2: true, Conns: conns}},
		}
	})
}

// BenchmarkHTTP compares HTTP/1.1 with HTTP/2, without TLS and with it. HTTP/1.1
// uses about one connection for each worker, HTTP/2 one for all.
func BenchmarkHTTP(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, rest.Variants(), "rest", "resttls", "h2c", "h2"),
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 100},
	}.Run(b)
}

// BenchmarkBody compares bodies with a Content-Length with bodies without one.
func BenchmarkBody(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, rest.Variants(), "rest", "reststream", "h2c", "h2cstream"),
		Sizes:       []payload.Size{64, 4 << 10, 64 << 10, 1 << 20},
		Parallelism: []int{1, 50},
	}.Run(b)
}

// BenchmarkOverload shows what callers get of a server to which half as many requests
// again arrive as it can answer, and whether it helps to refuse some of them at once.
func BenchmarkOverload(b *testing.B) {
	benchkit.Overload(b, &rest.Transport{}, &rest.Transport{RefuseAbove: benchkit.RefuseAbove})
}
