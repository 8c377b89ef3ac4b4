package gorpcecho

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/payload"
)

// BenchmarkOptions compares this package's options with one another.
func BenchmarkOptions(b *testing.B) {
	for _, v := range []struct {
		name string
		tr   *Transport
	}{
		{"default", &Transport{}},
		{"conns=2", &Transport{Conns: 2}},
		{"conns=8", &Transport{Conns: 8}},
		{"compress", &Transport{Compress: true}},
	} {
		b.Run(v.name, func(b *testing.B) {
			echobench.Suite{
				Transports:  []echobench.Transport{v.tr},
				Sizes:       []payload.Size{64, 64 << 10},
				Parallelism: []int{1, 100},
			}.Run(b)
		})
	}
}
