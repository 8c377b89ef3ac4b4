package tcp_test

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// BenchmarkConns compares 1 and 8 multiplexed connections with one plain connection
// for each worker.
func BenchmarkConns(b *testing.B) {
	benchkit.Conns(b, []payload.Size{64, 4 << 10}, []int{1, 50, 500}, func(conns int) []echo.Variant {
		if conns == echo.Each {
			return []echo.Variant{{Name: "tcp", Transport: &tcp.Transport{Conns: conns}}}
		}
		return []echo.Variant{{Name: "tcpmux", Transport: &tcp.Transport{Mux: true, Conns: conns}}}
	})
}

// BenchmarkDepth measures pipelines on one multiplexed connection.
func BenchmarkDepth(b *testing.B) {
	for _, depth := range []int{10, 100} {
		echobench.Suite{
			Variants:    []echo.Variant{{Name: "tcpmux", Transport: &tcp.Transport{Mux: true}, Depth: depth}},
			Sizes:       []payload.Size{64},
			Parallelism: []int{1, 10},
		}.Run(b)
	}
}

// BenchmarkFlow compares ways to bound how many large messages are in transfer. The
// time that a message waits counts as latency.
func BenchmarkFlow(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, tcp.Variants(), "tcp", "tcpsem4", "tcpsem50", "tcpgrants"),
		Sizes:       []payload.Size{64 << 10},
		Parallelism: []int{100, 500},
	}.Run(b)
}

// BenchmarkSocket compares the kinds and options of plain connections.
func BenchmarkSocket(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, tcp.Variants(), "tcp", "tcptls", "tcpunix", "tcpnagle", "tcpbuffers"),
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50},
	}.Run(b)
}

// BenchmarkOverload shows what callers get of a server to which half as many requests
// again arrive as it can answer, and whether it helps to refuse some of them at once.
func BenchmarkOverload(b *testing.B) {
	benchkit.Overload(b, &tcp.Transport{}, &tcp.Transport{RefuseAbove: benchkit.RefuseAbove})
}

// BenchmarkRate checks the generator at 20,000 requests a second. ops/s must be within
// 0.5% of offered/s, and lag-p99-ns at most 100,000.
func BenchmarkRate(b *testing.B) { benchkit.Rate(b, 20_000, tcp.Variants()[0]) }
