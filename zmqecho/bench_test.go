//go:build cgo && !nozmq

package zmqecho

import (
	"fmt"
	"os"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// grid benchmarks one Transport.
func grid(b *testing.B, name string, tr *Transport, sizes []payload.Size, parallelism ...int) {
	b.Run(name, func(b *testing.B) {
		echobench.Suite{Transports: []echo.Transport{tr}, Sizes: sizes, Parallelism: parallelism}.Run(b)
	})
}

var (
	small         = []payload.Size{64}
	smallAndLarge = []payload.Size{64, 64 << 10}
)

// BenchmarkConns is all workers on one DEALER and on 8, and on a REQ each.
func BenchmarkConns(b *testing.B) {
	for _, n := range []int{1, 8} {
		grid(b, fmt.Sprintf("conns=%d", n), &Transport{Conns: n}, smallAndLarge, 1, 50, 500)
	}
	grid(b, "conns=each", &Transport{Conns: echo.Each}, smallAndLarge, 1, 50, 500)
}

// BenchmarkDepth is one worker, and 8, on one DEALER, with several requests in
// flight each.
func BenchmarkDepth(b *testing.B) {
	for _, depth := range []int{1, 8, 64} {
		echobench.Suite{
			Transports:  []echo.Transport{&Transport{Conns: 1}},
			Sizes:       smallAndLarge,
			Parallelism: []int{1, 8},
			Depth:       depth,
		}.Run(b)
	}
}

// BenchmarkPoll is REQ sockets that block a thread each against REQ sockets that
// Go polls. See also BenchmarkPolledOverBlocking.
func BenchmarkPoll(b *testing.B) {
	grid(b, "poll=blocking", &Transport{}, smallAndLarge, 1, 50, 500)
	grid(b, "poll=go", &Transport{Poll: true}, smallAndLarge, 1, 50, 500)
}

// BenchmarkWorkers is one REP against a proxy to several, over inproc and ipc.
func BenchmarkWorkers(b *testing.B) {
	grid(b, "server=rep", &Transport{}, small, 1, 50)
	for _, n := range []int{1, 4, 16, 64} {
		for _, ipc := range []bool{false, true} {
			tr := &Transport{Workers: n, WorkersIPC: ipc}
			grid(b, fmt.Sprintf("server=router/workers=%d/via=%s", n, tr.backend()), tr, small, 1, 50)
		}
	}
}

// BenchmarkOneCPU is the servers of a published comparison: one REP, and a proxy to
// 16, over ipc as there and over inproc. Each is a process with a processor of its
// own, as there it had a machine with one.
func BenchmarkOneCPU(b *testing.B) {
	// Not runtime.NumCPU: the server's process may use only one.
	if _, err := os.Stat("/sys/devices/system/cpu/cpu1"); err != nil {
		b.Skipf("needs linux and two processors: %v", err)
	}
	for _, v := range []struct {
		name string
		tr   *Transport
	}{
		{"server=rep", &Transport{}},
		{"server=router/workers=16/via=inproc", &Transport{Workers: 16}},
		{"server=router/workers=16/via=ipc", &Transport{Workers: 16, WorkersIPC: true}},
	} {
		b.Run(v.name, func(b *testing.B) {
			echobench.Suite{
				Transports:  []echo.Transport{v.tr},
				Sizes:       small,
				Parallelism: []int{1, 8, 50},
				Server:      echobench.Child,
				Pin:         echobench.Pinning{Client: []int{0}, Server: []int{1}},
			}.Run(b)
		})
	}
}

// BenchmarkCurve is the cost of encryption.
func BenchmarkCurve(b *testing.B) {
	for _, curve := range []bool{false, true} {
		grid(b, fmt.Sprintf("curve=%t", curve), &Transport{Curve: curve}, smallAndLarge, 1, 50)
	}
}
