package rest

import (
	"fmt"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

var smallAndLarge = []payload.Size{64, 64 << 10}

// variants returns the variants with the given names.
func variants(b *testing.B, names ...string) []echo.Variant {
	b.Helper()
	selected, err := echobench.Select(Variants(), names...)
	if err != nil {
		b.Fatal(err)
	}
	return selected
}

// BenchmarkConns compares one connection for 500 workers with 8, and with one for
// each worker. Over HTTP/1.1 workers wait until a connection is idle; over HTTP/2
// they use the same one at the same time.
func BenchmarkConns(b *testing.B) {
	for _, conns := range []int{1, 8, echo.Each} {
		name := fmt.Sprintf("conns=%d", conns)
		if conns == echo.Each {
			name = "conns=each"
		}
		b.Run(name, func(b *testing.B) {
			echobench.Suite{
				Variants: []echo.Variant{
					{Name: "rest", Transport: &Transport{Conns: conns}},
					{Name: "h2c", Transport: &Transport{HTTP2: true, Conns: conns}},
				},
				Sizes:       smallAndLarge,
				Parallelism: []int{500},
			}.Run(b)
		})
	}
}

// BenchmarkHTTP compares HTTP/1.1 with HTTP/2, without TLS and with it. HTTP/1.1
// uses about one connection for each worker, HTTP/2 one for all.
func BenchmarkHTTP(b *testing.B) {
	echobench.Suite{
		Variants:    variants(b, "rest", "resttls", "h2c", "h2"),
		Sizes:       smallAndLarge,
		Parallelism: []int{1, 100},
	}.Run(b)
}

// BenchmarkBody compares buffered bodies with streamed ones.
func BenchmarkBody(b *testing.B) {
	echobench.Suite{
		Variants:    variants(b, "rest", "reststream", "h2c", "h2cstream"),
		Sizes:       []payload.Size{64, 4 << 10, 64 << 10, 1 << 20},
		Parallelism: []int{1, 50},
	}.Run(b)
}
