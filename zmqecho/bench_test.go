//go:build cgo && !nozmq

package zmqecho

import (
	"fmt"
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/benchkit"
)

// BenchmarkConns compares one connection for all workers with 8, and with one for
// each worker. Workers that share a REQ socket wait for each other, and workers
// that share a DEALER socket use it at the same time.
func BenchmarkConns(b *testing.B) {
	benchkit.Conns(b, benchkit.SmallAndLarge(), []int{1, 50, 500}, func(conns int) []echo.Variant {
		return []echo.Variant{
			{Name: "zmq", Transport: &Transport{Conns: conns}},
			{Name: "zmqdealer", Transport: &Transport{Dealer: true, Conns: conns}},
		}
	})
}

// BenchmarkDepth varies how many requests each worker has in flight on one DEALER
// socket, for one worker and for 8.
func BenchmarkDepth(b *testing.B) {
	for _, depth := range []int{1, 8, 64} {
		dealer := benchkit.Select(b, Variants(), "zmqdealer")
		dealer[0].Depth = depth
		echobench.Suite{Variants: dealer, Sizes: benchkit.SmallAndLarge(), Parallelism: []int{1, 8}}.Run(b)
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

// BenchmarkWorkers compares one REP socket with a proxy to several, over inproc and
// over ipc.
func BenchmarkWorkers(b *testing.B) {
	echobench.Suite{Variants: benchkit.Select(b, Variants(), "zmq"), Sizes: benchkit.Small(), Parallelism: []int{1, 50}}.Run(b)
	for _, n := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) {
			echobench.Suite{
				Variants: []echo.Variant{
					{Name: "zmqrouter", Transport: &Transport{Workers: n}},
					{Name: "zmqrouteripc", Transport: &Transport{Workers: n, WorkersIPC: true}},
				},
				Sizes:       benchkit.Small(),
				Parallelism: []int{1, 50},
			}.Run(b)
		})
	}
}

// BenchmarkOneCPU gives the server one processor, as a published comparison gave it
// a machine with one: one REP socket, and a proxy to 16 over inproc and, as in that
// comparison, over ipc.
func BenchmarkOneCPU(b *testing.B) {
	benchkit.OneCPU(b, benchkit.Select(b, Variants(), "zmq", "zmqrouter", "zmqrouteripc")...)
}

// BenchmarkCurve measures the cost of encryption.
func BenchmarkCurve(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "zmq", "zmqcurve"),
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50},
	}.Run(b)
}
