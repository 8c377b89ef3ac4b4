package benchkit

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
)

// Rate benchmarks the variants with 64 bytes of data at so many requests a second, of
// which at most 50 are in flight.
func Rate(b *testing.B, perSecond float64, variants ...echo.Variant) {
	b.Helper()
	echobench.Suite{
		Variants:    variants,
		Sizes:       Small(),
		Parallelism: []int{50},
		Rates:       []echobench.Rate{{PerSecond: perSecond}},
	}.Run(b)
}

// RefuseAbove is how many requests may be in progress at the servers that Overload
// benchmarks with a limit.
const RefuseAbove = 32

// Overload benchmarks a transport with 64 bytes of data, at half of its capacity and at
// one and a half times its capacity, of which at most 200 requests are in flight. It
// does the same for refusing, whose server refuses requests above RefuseAbove.
func Overload(b *testing.B, tr, refusing echo.Transport) {
	b.Helper()
	echobench.Suite{
		Variants: []echo.Variant{
			{Name: tr.Name(), Transport: tr},
			{Name: tr.Name() + "refuse", Transport: refusing},
		},
		Sizes:       Small(),
		Parallelism: []int{200},
		Rates:       []echobench.Rate{{Percent: 50}, {Percent: 150}},
		Overload:    true,
	}.Run(b)
}
