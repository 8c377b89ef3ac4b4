package rest

import (
	"fmt"
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

var smallAndLarge = []payload.Size{64, 64 << 10}

// BenchmarkConns is 500 workers on one connection, on 8 and on one each: over
// HTTP/1.1 they wait for their turn on it, over HTTP/2 they share it.
func BenchmarkConns(b *testing.B) {
	for _, conns := range []int{1, 8, echo.Each} {
		name := fmt.Sprintf("conns=%d", conns)
		if conns == echo.Each {
			name = "conns=each"
		}
		grid(b, name+"/mode=http1", &Transport{Conns: conns}, smallAndLarge, 500)
		grid(b, name+"/mode=h2c", &Transport{Conns: conns, HTTP2: true}, smallAndLarge, 500)
	}
}

// BenchmarkHTTP is HTTP/1.1 and HTTP/2, without TLS and with it, each with its
// own way to connect: about a connection a worker, and one for all.
func BenchmarkHTTP(b *testing.B) {
	grid(b, "mode=http1", &Transport{}, smallAndLarge, 1, 100)
	grid(b, "mode=https1", &Transport{TLS: true}, smallAndLarge, 1, 100)
	grid(b, "mode=h2c", &Transport{HTTP2: true}, smallAndLarge, 1, 100)
	grid(b, "mode=h2", &Transport{HTTP2: true, TLS: true}, smallAndLarge, 1, 100)
}

// BenchmarkBody is bodies that are buffered whole against streamed ones.
func BenchmarkBody(b *testing.B) {
	sizes := []payload.Size{64, 4 << 10, 64 << 10, 1 << 20}
	for _, mode := range []struct {
		name  string
		http2 bool
	}{{"http1", false}, {"h2c", true}} {
		grid(b, "body=buffered/mode="+mode.name, &Transport{HTTP2: mode.http2}, sizes, 1, 50)
		grid(b, "body=streamed/mode="+mode.name, &Transport{HTTP2: mode.http2, Stream: true}, sizes, 1, 50)
	}
}
