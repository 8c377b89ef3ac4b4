package tcp_test

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// grants is how many of 500 clients' messages of 64 KiB are best let in at once
// on 2 processors: with 2 both wait for the network, with 8 the tail grows.
const grants = 5

func run(b *testing.B, key, value string, tr *tcp.Transport, suite echobench.Suite) {
	suite.Transports = []echo.Transport{tr}
	b.Run(key+"="+value, func(b *testing.B) { suite.Run(b) })
}

// BenchmarkConns compares multiplexed connections with plain ones.
func BenchmarkConns(b *testing.B) {
	suite := echobench.Suite{Sizes: []payload.Size{64, 4 << 10}, Parallelism: []int{1, 50, 500}}
	run(b, "conns", "1", &tcp.Transport{Conns: 1}, suite)
	run(b, "conns", "8", &tcp.Transport{Conns: 8}, suite)
	run(b, "conns", "each", &tcp.Transport{Conns: echo.Each}, suite)
}

// BenchmarkPipeline has each worker keep several requests in flight.
func BenchmarkPipeline(b *testing.B) {
	b.Run("conns=1", func(b *testing.B) {
		for _, depth := range []int{10, 100} {
			echobench.Suite{
				Transports: []echo.Transport{&tcp.Transport{Conns: 1}},
				Sizes:      []payload.Size{64}, Parallelism: []int{1, 10}, Depth: depth,
			}.Run(b)
		}
	})
}

// BenchmarkFlow compares ways to bound what is on its way; the wait counts.
func BenchmarkFlow(b *testing.B) {
	suite := echobench.Suite{Sizes: []payload.Size{64 << 10}, Parallelism: []int{100, 500}}
	run(b, "flow", "none", &tcp.Transport{}, suite)
	run(b, "flow", "semaphore4", &tcp.Transport{MaxInFlight: 4}, suite)
	run(b, "flow", "semaphore50", &tcp.Transport{MaxInFlight: 50}, suite)
	run(b, "flow", "receiver", &tcp.Transport{Grants: grants}, suite)
}

// BenchmarkSocket compares what a plain connection can be made of.
func BenchmarkSocket(b *testing.B) {
	suite := echobench.Suite{Sizes: []payload.Size{64, 64 << 10}, Parallelism: []int{1, 50}}
	run(b, "socket", "plain", &tcp.Transport{}, suite)
	run(b, "socket", "tls", &tcp.Transport{TLS: true}, suite)
	run(b, "socket", "unix", &tcp.Transport{Unix: true}, suite)
	run(b, "socket", "nagle", &tcp.Transport{Nagle: true}, suite)
	run(b, "socket", "buffers256KiB", &tcp.Transport{ReadBuffer: 256 << 10, WriteBuffer: 256 << 10}, suite)
}
