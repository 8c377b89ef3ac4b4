package rest

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/benchkit"
	"github.com/echobench/echobench/payload"
)

// BenchmarkConns compares one connection for 500 workers with 8, and with one for
// each worker. Over HTTP/1.1 workers wait until a connection is idle; over HTTP/2
// they use the same one at the same time.
func BenchmarkConns(b *testing.B) {
	benchkit.Conns(b, benchkit.SmallAndLarge(), []int{500}, func(conns int) []echo.Variant {
		return []echo.Variant{
			{Name: "rest", Transport: &Transport{Conns: conns}},
			{Name: "h2c", Transport: &Transport{HTTP2: true, Conns: conns}},
		}
	})
}

// BenchmarkHTTP compares HTTP/1.1 with HTTP/2, without TLS and with it. HTTP/1.1
// uses about one connection for each worker, HTTP/2 one for all.
func BenchmarkHTTP(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "rest", "resttls", "h2c", "h2"),
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 100},
	}.Run(b)
}

// BenchmarkBody compares buffered bodies with streamed ones.
func BenchmarkBody(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "rest", "reststream", "h2c", "h2cstream"),
		Sizes:       []payload.Size{64, 4 << 10, 64 << 10, 1 << 20},
		Parallelism: []int{1, 50},
	}.Run(b)
}
