// Package benchkit has what the benchmarks of several protocol packages need, so
// that their results can be compared.
package benchkit

import (
	"fmt"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// Small returns the size at which the cost of a message is nearly all that counts.
func Small() []payload.Size { return []payload.Size{64} }

// SmallAndLarge returns the smallest and the largest size of the matrix.
func SmallAndLarge() []payload.Size { return []payload.Size{64, 64 << 10} }

// Select returns the variants with the given names. It fails b if there is no
// such variant.
func Select(b *testing.B, all []echo.Variant, names ...string) []echo.Variant {
	b.Helper()
	selected, err := echobench.Select(all, names...)
	if err != nil {
		b.Fatal(err)
	}
	return selected
}

// Sweep benchmarks a transport that is no named variant, in a sub-benchmark whose
// name, of the form key=value, says what is special about it.
func Sweep(b *testing.B, name string, tr echo.Transport, sizes []payload.Size, parallelism ...int) {
	b.Run(name, func(b *testing.B) {
		echobench.Suite{Transports: []echo.Transport{tr}, Sizes: sizes, Parallelism: parallelism}.Run(b)
	})
}

// Conns benchmarks the variants that each number of connections gives, 1, 8 and one
// for each worker, as a sub-benchmark named conns=1, conns=8 or conns=each.
func Conns(b *testing.B, sizes []payload.Size, parallelism []int, variants func(conns int) []echo.Variant) {
	for _, conns := range []int{1, 8, echo.Each} {
		name := fmt.Sprintf("conns=%d", conns)
		if conns == echo.Each {
			name = "conns=each"
		}
		b.Run(name, func(b *testing.B) {
			echobench.Suite{Variants: variants(conns), Sizes: sizes, Parallelism: parallelism}.Run(b)
		})
	}
}

// OneCPU benchmarks each variant with 64 bytes of data and 1, 8 and 50 workers.
// The server is a child process bound to processor 1, and the clients are bound to
// processor 0. OneCPU skips b if the machine does not have both processors.
func OneCPU(b *testing.B, variants ...echo.Variant) {
	b.Helper()
	testkit.TwoProcessors(b)
	echobench.Suite{
		Variants:    variants,
		Sizes:       Small(),
		Parallelism: []int{1, 8, 50},
		Server:      echobench.Child,
		Pin:         echobench.Pinning{Client: []int{0}, Server: []int{1}},
	}.Run(b)
}
