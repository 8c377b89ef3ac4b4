// Package floor contains transports that do less than any protocol, so that the
// cost of a protocol can be told from the cost of what lies below it: [Nop] costs
// what the harness costs, [Pipe] adds two goroutines that exchange bytes through
// memory, [Raw] adds the kernel's TCP, and a protocol adds its framing and
// serialization.
package floor

import (
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
)

// maxSize is the limit on len(Data) of all three transports, in bytes.
const maxSize = check.DefaultMaxSize

// Variants returns the package's transports. Each call returns new values.
func Variants() []echo.Variant {
	return []echo.Variant{
		{Name: "nop", About: "no transport: a copy and a clock reading in the worker's goroutine", Transport: new(Nop)},
		{Name: "pipe", About: "raw bytes over net.Pipe: no kernel, no serialization", Transport: new(Pipe)},
		{Name: "floor", About: "raw bytes over TCP: no serialization", Transport: Raw{}},
	}
}
