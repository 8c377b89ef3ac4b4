//go:build cgo && !nozmq

package zmqecho

import (
	"fmt"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/payload"
)

// grid benchmarks one Transport.
func grid(b *testing.B, name string, tr *Transport, sizes []payload.Size, parallelism ...int) {
	b.Run(name, func(b *testing.B) {
		echobench.Suite{Transports: []echobench.Transport{tr}, Sizes: sizes, Parallelism: parallelism}.Run(b)
	})
}

var smallAndLarge = []payload.Size{64, 64 << 10}

// BenchmarkConns is all workers on one DEALER and on 8, and on a REQ each.
func BenchmarkConns(b *testing.B) {
	for _, n := range []int{1, 8} {
		grid(b, fmt.Sprintf("conns=%d", n), &Transport{Conns: n}, smallAndLarge, 1, 50, 500)
	}
	grid(b, "conns=each", &Transport{Conns: echobench.Each}, smallAndLarge, 1, 50, 500)
}

// BenchmarkPoll is REQ sockets that block a thread each against REQ sockets that
// Go polls.
func BenchmarkPoll(b *testing.B) {
	grid(b, "poll=blocking", &Transport{}, smallAndLarge, 1, 50, 500)
	grid(b, "poll=go", &Transport{Poll: true}, smallAndLarge, 1, 50, 500)
}
