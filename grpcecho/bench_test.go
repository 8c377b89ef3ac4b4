package grpcecho

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc/mem"
)

// grid benchmarks one Transport.
func grid(b *testing.B, name string, tr *Transport, sizes []payload.Size, parallelism ...int) {
	b.Run(name, func(b *testing.B) {
		echobench.Suite{Transports: []echo.Transport{tr}, Sizes: sizes, Parallelism: parallelism}.Run(b)
	})
}

var smallAndLarge = []payload.Size{64, 64 << 10}

// BenchmarkConns is 500 workers on 1 to 64 ClientConns, and on one each.
func BenchmarkConns(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8, 16, 32, 64} {
		grid(b, fmt.Sprintf("conns=%d", n), &Transport{Conns: n}, smallAndLarge, 500)
	}
	grid(b, "conns=each", &Transport{Conns: echo.Each}, smallAndLarge, 500)
}

// BenchmarkStream is unary calls against streams that stay open, one for each
// worker, and those with 8 requests in flight.
func BenchmarkStream(b *testing.B) {
	grid(b, "mode=unary", &Transport{}, smallAndLarge, 1, 50, 500)
	grid(b, "mode=stream", &Transport{Stream: true}, smallAndLarge, 1, 50, 500)
	b.Run("mode=pipeline", func(b *testing.B) {
		echobench.Suite{
			Transports:  []echo.Transport{&Transport{Stream: true}},
			Sizes:       smallAndLarge,
			Parallelism: []int{1, 50},
			Depth:       8,
		}.Run(b)
	})
}

// BenchmarkPool is grpc's default buffer pool against one with more tiers, for
// sizes around 32 KiB. 32704B and 32752B are on either side of the default
// pool's step, where a message's encoding gets longer than 32 KiB, and of no
// other: Go's allocator rounds the data of both up to 32 KiB.
func BenchmarkPool(b *testing.B) {
	sizes := []payload.Size{24 << 10, 31 << 10, 32704, 32752, 32 << 10, 33 << 10, 48 << 10}
	grid(b, "pool=default", &Transport{}, sizes, 1)
	grid(b, "pool=tiered", &Transport{Pool: TieredPool()}, sizes, 1)
}

// BenchmarkPoolLoad shows what the pools keep in memory (peak-rss-B). A process
// does not give back at once what it had: the one that needs less goes first.
func BenchmarkPoolLoad(b *testing.B) {
	grid(b, "pool=tiered", &Transport{Pool: TieredPool()}, []payload.Size{64 << 10}, 500)
	grid(b, "pool=default", &Transport{}, []payload.Size{64 << 10}, 500)
}

// BenchmarkTuning varies the buffers and windows of connections.
func BenchmarkTuning(b *testing.B) {
	for _, c := range []struct{ buffers, window payload.Size }{
		{32 << 10, 0}, {4 << 10, 0}, {128 << 10, 0}, {32 << 10, 64 << 10}, {32 << 10, 1 << 20}, {128 << 10, 1 << 20},
	} {
		window := "grows"
		if c.window > 0 {
			window = c.window.String()
		}
		tr := &Transport{ReadBuffer: c.buffers, WriteBuffer: c.buffers, Window: c.window}
		grid(b, fmt.Sprintf("buffers=%v/window=%s", c.buffers, window), tr, smallAndLarge, 50)
	}
}

// BenchmarkOneCPU is a server that is a process with a processor of its own and a
// connection a worker, to be compared with zmqecho's benchmark of this name.
func BenchmarkOneCPU(b *testing.B) {
	// Not runtime.NumCPU: the server's process may use only one.
	if _, err := os.Stat("/sys/devices/system/cpu/cpu1"); err != nil {
		b.Skipf("needs linux and two processors: %v", err)
	}
	echobench.Suite{
		Transports:  []echo.Transport{&Transport{Conns: echo.Each}},
		Sizes:       []payload.Size{64},
		Parallelism: []int{1, 8, 50},
		Server:      echobench.Child,
		Pin:         echobench.Pinning{Client: []int{0}, Server: []int{1}},
	}.Run(b)
}

// BenchmarkCodec is payload's codec, which all protocols here have in common,
// against grpc's own.
func BenchmarkCodec(b *testing.B) {
	grid(b, "codec=payload", &Transport{}, smallAndLarge, 1, 50)
	grid(b, "codec=stock", &Transport{StockCodec: true}, smallAndLarge, 1, 50)
}

// BenchmarkTLS is the cost of encryption.
func BenchmarkTLS(b *testing.B) {
	for _, secure := range []bool{false, true} {
		grid(b, fmt.Sprintf("tls=%t", secure), &Transport{TLS: secure}, smallAndLarge, 1, 50)
	}
}

// BenchmarkGzip is the cost of compressing what does not compress, as the data
// of every payload: nothing is gained in return.
func BenchmarkGzip(b *testing.B) {
	for _, zip := range []bool{false, true} {
		grid(b, fmt.Sprintf("gzip=%t", zip), &Transport{Gzip: zip}, smallAndLarge, 1, 50)
	}
}

// BenchmarkTieredOverDefault compares the two pools call by call, so that both
// meet the same machine; tiered-over-default is the ratio of their medians. At
// 32704B, where both use buffers of 32 KiB, it shows that they are compared
// fairly.
func BenchmarkTieredOverDefault(b *testing.B) {
	for _, size := range []payload.Size{32704, 32 << 10, 64 << 10} {
		b.Run("size="+size.String(), func(b *testing.B) {
			client := func(pool mem.BufferPool) echo.Client {
				tr := &Transport{Pool: pool}
				c, err := tr.Dial(b.Context(), echo.StartServer(b, tr))
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { c.Close() })
				return c
			}
			byDefault, tiered := client(nil), client(TieredPool())
			req := &payload.Payload{Id: 1, Data: payload.Body(int(size), 1), Timestamp: 1}
			var reply payload.Payload
			defaultRTT, tieredRTT := hdrhistogram.New(1, int64(time.Minute), 3), hdrhistogram.New(1, int64(time.Minute), 3)
			for b.Loop() {
				start := time.Now()
				if err := byDefault.Echo(b.Context(), req, &reply); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				if err := tiered.Echo(b.Context(), req, &reply); err != nil {
					b.Fatal(err)
				}
				defaultRTT.RecordValue(int64(middle.Sub(start)))
				tieredRTT.RecordValue(int64(time.Since(middle)))
			}
			defaultP50, tieredP50 := float64(defaultRTT.ValueAtPercentile(50)), float64(tieredRTT.ValueAtPercentile(50))
			b.ReportMetric(0, "ns/op") // the sum of both means nothing
			b.ReportMetric(defaultP50, "default-p50-ns")
			b.ReportMetric(tieredP50, "tiered-p50-ns")
			b.ReportMetric(tieredP50/defaultP50, "tiered-over-default")
		})
	}
}
