// Package pinned benchmarks transports whose server has one processor to itself.
// It is for the benchmarks of several protocol packages, whose results can then
// be compared.
package pinned

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// OneCPU benchmarks each variant with 64 bytes of data and 1, 8 and 50 workers.
// The server is a child process bound to processor 1, and the clients are bound to
// processor 0. OneCPU skips b if the machine does not have both processors.
func OneCPU(b *testing.B, variants ...echo.Variant) {
	b.Helper()
	testkit.TwoProcessors(b)
	echobench.Suite{
		Variants:    variants,
		Sizes:       []payload.Size{64},
		Parallelism: []int{1, 8, 50},
		Server:      echobench.Child,
		Pin:         echobench.Pinning{Client: []int{0}, Server: []int{1}},
	}.Run(b)
}
