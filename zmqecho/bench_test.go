//go:build cgo && !nozmq

package zmqecho

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
		{"rep", &Transport{}},
		{"workers=1", &Transport{Workers: 1}},
		{"workers=16", &Transport{Workers: 16}},
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
