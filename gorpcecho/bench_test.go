package gorpcecho

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// BenchmarkConns is all workers on one connection and on 8, and on one each.
func BenchmarkConns(b *testing.B) {
	for _, n := range []int{1, 8} {
		grid(b, fmt.Sprintf("conns=%d", n), &Transport{Conns: n}, smallAndLarge, 1, 50, 500)
	}
	grid(b, "conns=each", &Transport{Conns: echo.Each}, smallAndLarge, 1, 50, 500)
}

// BenchmarkSyscalls counts system calls, where permitted: those that callers of
// one connection share.
func BenchmarkSyscalls(b *testing.B) {
	for _, v := range []struct {
		name  string
		conns int
	}{{"conns=1", 1}, {"conns=each", echo.Each}} {
		b.Run(v.name, func(b *testing.B) {
			echobench.Suite{Transports: []echo.Transport{&Transport{Conns: v.conns}}, Sizes: small, Parallelism: []int{1, 50, 500}, Counters: true}.Run(b)
		})
	}
}

// BenchmarkFlush is what is gained, and lost, by waiting for more to send.
func BenchmarkFlush(b *testing.B) {
	for _, delay := range []time.Duration{0, 10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond} {
		name := strings.ReplaceAll(delay.String(), "µ", "u")
		grid(b, "delay="+name, &Transport{FlushDelay: delay}, small, 1, 50, 500)
	}
}

// BenchmarkBatch is batches of requests, by one worker and by 8, per message.
func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		echobench.Suite{Transports: []echo.Transport{&Transport{}}, Sizes: small, Parallelism: []int{1, 8}, Batch: n}.Run(b)
	}
}

// BenchmarkDepth is requests in flight, of one worker and of 8.
func BenchmarkDepth(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		echobench.Suite{Transports: []echo.Transport{&Transport{}}, Sizes: small, Parallelism: []int{1, 8}, Depth: n}.Run(b)
	}
}

// BenchmarkSocket is TCP, TLS on it, and Unix domain sockets.
func BenchmarkSocket(b *testing.B) {
	grid(b, "socket=tcp", &Transport{}, smallAndLarge, 1, 50)
	grid(b, "socket=tls", &Transport{TLS: true}, smallAndLarge, 1, 50)
	grid(b, "socket=unix", &Transport{Unix: true}, smallAndLarge, 1, 50)
}

// BenchmarkCompress is compression of what does not compress and of what does.
// These are echoes by hand, each verified to the last byte, because the harness
// sends the same few bodies again and again: small ones repeat within DEFLATE's
// window of 32 KiB, so that even random ones compress. Here nothing does so.
// wire-B/op is what both ends sent.
func BenchmarkCompress(b *testing.B) {
	for _, compress := range []bool{false, true} {
		for _, kind := range []string{"random", "text"} {
			for _, size := range []payload.Size{1 << 10, 64 << 10} {
				for _, workers := range []int{1, 50} {
					b.Run(fmt.Sprintf("compress=%t/body=%s/size=%v/par=%d", compress, kind, size, workers), func(b *testing.B) {
						benchmarkCompress(b, &Transport{Compress: compress}, bytesOf(kind, 8<<20), int(size), workers)
					})
				}
			}
		}
	}
}

func benchmarkCompress(b *testing.B, tr *Transport, data []byte, size, workers int) {
	var wire atomic.Int64
	tr.watch = func(c net.Conn) net.Conn { return counted{c, &wire} }
	client, err := tr.Dial(b.Context(), echo.StartServer(b, tr))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
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
				if err := client.Echo(b.Context(), req, reply); err != nil || reply.Id != req.Id || !bytes.Equal(reply.Data, req.Data) {
					b.Errorf("id %d was answered with id %d and %d bytes, error %v", req.Id, reply.Id, len(reply.Data), err)
					return
				}
			}
		})
	}
	running.Wait()
	b.StopTimer()
	b.ReportMetric(float64(wire.Load())/float64(b.N), "wire-B/op")
}

// counted counts the bytes of a connection, both ways.
type counted struct {
	net.Conn
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}

// bytesOf is n bytes: random, or text of a few hundred words, by chance.
func bytesOf(kind string, n int) []byte {
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
