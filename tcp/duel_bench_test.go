package tcp_test

import (
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/internal/benchkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// variant returns the variant of this package with the given name.
func variant(b *testing.B, name string) echo.Variant {
	b.Helper()
	return benchkit.Select(b, tcp.Variants(), name)[0]
}

// BenchmarkOverBare compares an Echo with a ping-pong of as many bytes over a bare
// connection. The difference is what framing, protobuf and watching the context add
// to the kernel's cost.
func BenchmarkOverBare(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // side B breaks rules on purpose
	for _, size := range benchkit.SmallAndLarge() {
		echobench.Duel{
			A:           variant(b, "tcp"),
			B:           echo.Variant{Name: "bare", Transport: bare{frameLength(size)}},
			Sizes:       []payload.Size{size},
			Parallelism: []int{1},
		}.Run(b)
	}
}

// BenchmarkMuxOverPlain compares one multiplexed connection with one plain
// connection for each worker, and with the one connection of gorpc.
func BenchmarkMuxOverPlain(b *testing.B) {
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

// BenchmarkGrantsOverPlain compares flow control by the server with none.
func BenchmarkGrantsOverPlain(b *testing.B) {
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
