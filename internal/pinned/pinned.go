// Package pinned benchmarks transports whose server has one processor to itself.
// It is for the benchmarks of several protocol packages, whose results can then
// be compared.
package pinned

import (
	"os"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// OneCPU benchmarks each variant with 64 bytes of data and 1, 8 and 50 workers.
// The server is a child process bound to processor 1, and the clients are bound to
// processor 0. OneCPU skips b if the machine does not have both processors.
func OneCPU(b *testing.B, variants ...echo.Variant) {
	b.Helper()
	// In the child process, which is bound to one processor, runtime.NumCPU
	// returns 1.
	if _, err := os.Stat("/sys/devices/system/cpu/cpu1"); err != nil {
		b.Skipf("needs linux and two processors: %v", err)
	}
	echobench.Suite{
		Variants:    variants,
		Sizes:       []payload.Size{64},
		Parallelism: []int{1, 8, 50},
		Server:      echobench.Child,
		Pin:         echobench.Pinning{Client: []int{0}, Server: []int{1}},
	}.Run(b)
}
