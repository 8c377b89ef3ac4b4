package gorpcecho

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

var (
	small         = []payload.Size{64}
	smallAndLarge = []payload.Size{64, 64 << 10}
)

// variants returns the variants with the given names.
func variants(b *testing.B, names ...string) []echo.Variant {
	b.Helper()
	selected, err := echobench.Select(Variants(), names...)
	if err != nil {
		b.Fatal(err)
	}
	return selected
}

// sweep runs a Suite with one Transport as a sub-benchmark.
func sweep(b *testing.B, name string, tr *Transport, sizes []payload.Size, parallelism ...int) {
	b.Run(name, func(b *testing.B) {
		echobench.Suite{Transports: []echo.Transport{tr}, Sizes: sizes, Parallelism: parallelism}.Run(b)
	})
}

// BenchmarkConns compares one connection for all workers with 8, and with one for
// each worker.
func BenchmarkConns(b *testing.B) {
	for _, conns := range []int{1, 8, echo.Each} {
		name := fmt.Sprintf("conns=%d", conns)
		if conns == echo.Each {
			name = "conns=each"
		}
		sweep(b, name, &Transport{Conns: conns}, smallAndLarge, 1, 50, 500)
	}
}

// BenchmarkSyscalls counts system calls, where the machine permits it. Workers that
// share a connection share system calls.
func BenchmarkSyscalls(b *testing.B) {
	echobench.Suite{
		Variants:    variants(b, "gorpc", "gorpceach"),
		Sizes:       small,
		Parallelism: []int{1, 50, 500},
		Counters:    true,
	}.Run(b)
}

// BenchmarkFlush measures what is gained, and lost, by waiting for more to send.
func BenchmarkFlush(b *testing.B) {
	for _, delay := range []time.Duration{0, 10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond} {
		name := strings.ReplaceAll(delay.String(), "µ", "u")
		sweep(b, "delay="+name, &Transport{FlushDelay: delay}, small, 1, 50, 500)
	}
}

// BenchmarkBatch measures batches of requests. Every figure is per message.
func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		echobench.Suite{Transports: []echo.Transport{&Transport{}}, Sizes: small, Parallelism: []int{1, 8}, Batch: n}.Run(b)
	}
}

// BenchmarkDepth measures workers that keep several requests in flight.
func BenchmarkDepth(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		echobench.Suite{Transports: []echo.Transport{&Transport{}}, Sizes: small, Parallelism: []int{1, 8}, Depth: n}.Run(b)
	}
}

// BenchmarkSocket compares TCP, TLS over TCP, and Unix domain sockets.
func BenchmarkSocket(b *testing.B) {
	echobench.Suite{
		Variants:    variants(b, "gorpc", "gorpctls", "gorpcunix"),
		Sizes:       smallAndLarge,
		Parallelism: []int{1, 50},
	}.Run(b)
}
