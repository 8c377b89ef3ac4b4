package grpcecho

import (
	"fmt"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
)

// BenchmarkConns compares 500 workers on 1 to 64 ClientConns, and on one for each
// worker.
func BenchmarkConns(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8, 16, 32, 64} {
		benchkit.Sweep(b, fmt.Sprintf("conns=%d", n), &Transport{Conns: n}, benchkit.SmallAndLarge(), 500)
	}
	benchkit.Sweep(b, "conns=each", &Transport{Conns: echo.Each}, benchkit.SmallAndLarge(), 500)
}

// BenchmarkStream compares unary calls with streams that stay open, one for each
// worker, and with 8 requests in flight on each stream.
func BenchmarkStream(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "grpc", "grpcstream"),
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50, 500},
	}.Run(b)
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "grpcpipe"),
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50}, // 500 would keep 4000 requests of 64 KiB in memory
	}.Run(b)
}

// BenchmarkPool compares grpc's default buffer pool with one that has more tiers,
// for sizes around 32 KiB. With 32704B and 32752B, the encoded message is just below
// and just above 32 KiB, where the default pool has its step. Go's allocator rounds
// both up to 32 KiB.
func BenchmarkPool(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "grpc", "grpctiers"),
		Sizes:       []payload.Size{24 << 10, 31 << 10, 32704, 32752, 32 << 10, 33 << 10, 48 << 10},
		Parallelism: []int{1},
	}.Run(b)
}

// BenchmarkTieredOverDefault compares the two buffer pools. At 32704B, both use
// buffers of 32 KiB, so that a ratio of about 1 shows that the comparison is fair.
func BenchmarkTieredOverDefault(b *testing.B) {
	sides := benchkit.Select(b, Variants(), "grpctiers", "grpc")
	echobench.Duel{
		A:           sides[0],
		B:           sides[1],
		Sizes:       []payload.Size{32704, 32 << 10, 64 << 10},
		Parallelism: []int{1},
	}.Run(b)
}

// BenchmarkPoolLoad shows how much memory the pools keep (peak-rss-B). A process
// does not return memory at once, so the pool that needs less comes first.
func BenchmarkPoolLoad(b *testing.B) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "grpctiers", "grpc"),
		Sizes:       []payload.Size{64 << 10},
		Parallelism: []int{500},
	}.Run(b)
}

// BenchmarkTuning varies the buffers and the windows of the connections.
func BenchmarkTuning(b *testing.B) {
	for _, c := range []struct{ buffers, window payload.Size }{
		{32 << 10, 0}, {4 << 10, 0}, {128 << 10, 0}, {32 << 10, 64 << 10}, {32 << 10, 1 << 20}, {128 << 10, 1 << 20},
	} {
		window := "grows"
		if c.window > 0 {
			window = c.window.String()
		}
		tr := &Transport{ReadBuffer: c.buffers, WriteBuffer: c.buffers, Window: c.window}
		benchkit.Sweep(b, fmt.Sprintf("buffers=%v/window=%s", c.buffers, window), tr, benchkit.SmallAndLarge(), 50)
	}
}

// BenchmarkOneCPU gives the server one processor and each worker a connection. Its
// results can be compared with those of zmqecho's benchmark of the same name.
func BenchmarkOneCPU(b *testing.B) { benchkit.OneCPU(b, benchkit.Select(b, Variants(), "grpceach")...) }

// BenchmarkOverload measures echoes at 1.5 times the rate that the server can answer, and
// whether it helps to refuse some of them at once.
func BenchmarkOverload(b *testing.B) {
	benchkit.Overload(b, &Transport{}, &Transport{RefuseAbove: benchkit.RefuseAbove})
}

// BenchmarkCodec compares payload's codec, which all protocols use, with grpc's own.
func BenchmarkCodec(b *testing.B) { overDefault(b, "grpcstock") }

// BenchmarkTLS measures the cost of encryption.
func BenchmarkTLS(b *testing.B) { overDefault(b, "grpctls") }

// BenchmarkCompress measures the cost of compression. The bodies do not compress,
// so nothing is gained in return.
func BenchmarkCompress(b *testing.B) { overDefault(b, "grpcgzip") }

// overDefault compares a variant with the default Transport.
func overDefault(b *testing.B, variant string) {
	echobench.Suite{
		Variants:    benchkit.Select(b, Variants(), "grpc", variant),
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50},
	}.Run(b)
}
