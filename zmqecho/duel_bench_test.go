//go:build cgo && !nozmq

package zmqecho

import (
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/benchkit"
)

// BenchmarkOverC compares clients with libzmq's own ping-pong of as many bytes, which
// is in C at both ends. The ratio is what Go, protobuf, and watching contexts and
// connections cost in addition to libzmq. A worker of side C makes all of its echoes in
// one call of C, and Go provides threads for these calls one after another. Therefore
// fewer of them are in flight than there are workers, and with more than one worker the
// latencies of the two sides cannot be compared.
func BenchmarkOverC(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // side B breaks rules on purpose
	for _, v := range benchkit.Select(b, Variants(), "zmq", "zmqblocking") {
		echobench.Duel{
			A:           v,
			B:           echo.Variant{Name: "c", Transport: new(inC)},
			Sizes:       benchkit.Small(),
			Parallelism: []int{1, 50, 500},
			Slice:       200 * time.Millisecond,
		}.Run(b)
	}
}

// BenchmarkPolledOverBlocking compares workers on REQ sockets that Go polls with as
// many on REQ sockets that block threads.
func BenchmarkPolledOverBlocking(b *testing.B) {
	sides := benchkit.Select(b, Variants(), "zmq", "zmqblocking")
	echobench.Duel{
		A:           sides[0],
		B:           sides[1],
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50, 500},
		Slice:       200 * time.Millisecond,
	}.Run(b)
}
