package tcp_test

import (
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/internal/test/floor"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// variant returns the variant of this package with the given name.
func variant(b *testing.B, name string) echo.Variant {
	b.Helper()
	return benchkit.Select(b, tcp.Variants(), name)[0]
}

// BenchmarkOverFloor compares an Echo with the exchange of raw bytes over TCP. The
// difference is what the encoding adds, with its copy of the data at each end.
func BenchmarkOverFloor(b *testing.B) {
	echobench.Duel{
		A:           variant(b, "tcp"),
		B:           benchkit.Select(b, floor.Variants(), "floor")[0],
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1},
	}.Run(b)
}

// BenchmarkMuxOverDefault compares one multiplexed connection with one plain
// connection for each worker, and with the one connection of gorpc.
func BenchmarkMuxOverDefault(b *testing.B) {
	for _, other := range []echo.Variant{variant(b, "tcp"), gorpcecho.Variants()[0]} {
		echobench.Duel{
			A:           variant(b, "tcpmux"),
			B:           other,
			Sizes:       benchkit.Small(),
			Parallelism: []int{500},
			Slice:       100 * time.Millisecond,
		}.Run(b)
	}
}

// BenchmarkGrantsOverDefault compares flow control by the server with none.
func BenchmarkGrantsOverDefault(b *testing.B) {
	echobench.Duel{
		A:           variant(b, "tcpgrants"),
		B:           variant(b, "tcp"),
		Sizes:       []payload.Size{64 << 10},
		Parallelism: []int{500},
		Slice:       500 * time.Millisecond,
	}.Run(b)
}

// BenchmarkMetricsCost compares measuring everything with measuring the latency
// alone.
func BenchmarkMetricsCost(b *testing.B) {
	tr := &tcp.Transport{}
	echobench.Duel{
		A:           echo.Variant{Name: "tcpall", Transport: tr},
		MetricsA:    echobench.AllMetrics,
		B:           echo.Variant{Name: "tcplatency", Transport: tr},
		MetricsB:    echobench.Latency,
		Sizes:       benchkit.Small(),
		Parallelism: []int{1},
	}.Run(b)
}
