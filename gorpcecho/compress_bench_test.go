package gorpcecho

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// BenchmarkCompress measures compression, of data that does not compress (random)
// and of data that does (text). wire-B/op is what both ends send for an echo.
//
// It does not use a Suite, which sends random data only. Here the bodies are consecutive
// parts of several MiB. Every byte of every reply is verified.
func BenchmarkCompress(b *testing.B) {
	for _, name := range []string{"gorpc", "gorpccompress"} {
		for _, kind := range []string{"random", "text"} {
			data := bodies(kind, 8<<20)
			for _, size := range []payload.Size{1 << 10, 64 << 10} {
				for _, workers := range []int{1, 50} {
					b.Run(fmt.Sprintf("proto=%s/size=%v/par=%d/body=%s", name, size, workers, kind), func(b *testing.B) {
						benchmarkBodies(b, benchkit.Select(b, Variants(), name)[0].Transport.(*Transport), data, int(size), workers)
					})
				}
			}
		}
	}
}

// benchmarkBodies echoes b.N consecutive parts of data, size bytes each.
func benchmarkBodies(b *testing.B, tr *Transport, data []byte, size, workers int) {
	c := testkit.Start(b, tr).(*client)
	var tickets atomic.Int64
	var running sync.WaitGroup
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	for range workers {
		running.Go(func() {
			req, reply := &payload.Payload{Timestamp: 1}, new(payload.Payload)
			for n := tickets.Add(1); n <= int64(b.N); n = tickets.Add(1) {
				at := int(n) * size % len(data)
				req.Id, req.Data = uint64(n), data[at:at+size]
				if err := c.Echo(b.Context(), req, reply); err != nil || reply.Id != req.Id || !bytes.Equal(reply.Data, req.Data) {
					b.Errorf("the reply to id %d has id %d and %d bytes of data, error %v", req.Id, reply.Id, len(reply.Data), err)
					return
				}
			}
		})
	}
	running.Wait()
	b.StopTimer()
	stats := c.rpc.Stats.Snapshot()
	b.ReportMetric(float64(stats.BytesWritten+stats.BytesRead)/float64(b.N), "wire-B/op")
}

// bodies returns n bytes: random ones, or a text of 300 different words in random
// order.
func bodies(kind string, n int) []byte {
	if kind == "random" {
		return payload.Body(n, 1)
	}
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 300)
	for i := range words {
		for range 2 + random.IntN(8) {
			words[i] += string("etaoinshrdlu"[random.IntN(12)])
		}
	}
	var text []byte
	for len(text) < n {
		text = append(append(text, words[random.IntN(len(words))]...), ' ')
	}
	return text[:n]
}
