package gorpcecho

import (
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/benchkit"
)

// BenchmarkConns compares one connection for all workers with 8, and with one for
// each worker.
func BenchmarkConns(b *testing.B) {
	benchkit.Conns(b, benchkit.SmallAndLarge(), []int{1, 50, 500}, func(conns int) []echo.Variant {
		return []echo.Variant{{Name: "gorpc", Transport: &Transport{Conns: conns}}}
	})
}

// BenchmarkSyscalls counts system calls, where the machine permits it. Workers that
// share a connection share system calls.
func BenchmarkSyscalls(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "gorpc", "gorpceach"),
		Sizes:       benchkit.Small(),
		Parallelism: []int{1, 50, 500},
		Counters:    true,
	}.Run(b)
}

// BenchmarkFlush measures what is gained, and lost, by waiting for more to send.
func BenchmarkFlush(b *testing.B) {
	for _, delay := range []time.Duration{0, 10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond} {
		name := strings.ReplaceAll(delay.String(), "µ", "u")
		benchkit.Sweep(b, "delay="+name, &Transport{FlushDelay: delay}, benchkit.Small(), 1, 50, 500)
	}
}

// BenchmarkBatch measures batches of requests. Every figure is per message.
func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		many(b, echo.Variant{Name: "gorpc", Transport: &Transport{}, Batch: n})
	}
}

// BenchmarkDepth measures workers that keep several requests in flight.
func BenchmarkDepth(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		many(b, echo.Variant{Name: "gorpc", Transport: &Transport{}, Depth: n})
	}
}

// many benchmarks a variant with small messages and few workers.
func many(b *testing.B, v echo.Variant) {
	echobench.Suite{Variants: []echo.Variant{v}, Sizes: benchkit.Small(), Parallelism: []int{1, 8}}.Run(b)
}

// BenchmarkSocket compares TCP, TLS over TCP, and Unix domain sockets.
func BenchmarkSocket(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "gorpc", "gorpctls", "gorpcunix"),
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50},
	}.Run(b)
}
