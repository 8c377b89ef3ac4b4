package echobench_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// A benchmark of two transports, two sizes and two numbers of workers.
func ExampleSuite() {
	_ = func(b *testing.B) { // func BenchmarkMine(b *testing.B)
		echobench.Suite{
			Transports:  []echo.Transport{&tcp.Transport{MaxInFlight: 50}, &grpcecho.Transport{}},
			Sizes:       []payload.Size{1 << 10, 64 << 10},
			Parallelism: []int{1, 100},
			Server:      echobench.Child,
		}.Run(b)
	}
}

// Two settings of one protocol stand in the same table under names of their own.
func ExampleSuite_variants() {
	_ = func(b *testing.B) { // func BenchmarkLimits(b *testing.B)
		echobench.Suite{Variants: []echo.Variant{
			{Name: "tcp", Transport: &tcp.Transport{}},
			{Name: "tcplimited", About: "at most 50 requests on the wire", Transport: &tcp.Transport{MaxInFlight: 50}},
		}}.Run(b)
	}
}

// A duel says how much faster or slower one transport is than another, with an
// interval. Both run in turns, so that both meet the same machine.
func ExampleDuel() {
	_ = func(b *testing.B) { // func BenchmarkMuxOverDefault(b *testing.B)
		echobench.Duel{
			A:           echo.Variant{Name: "tcpmux", Transport: &tcp.Transport{Mux: true}},
			B:           echo.Variant{Name: "tcp", Transport: &tcp.Transport{}},
			Sizes:       []payload.Size{64},
			Parallelism: []int{1, 500},
		}.Run(b)
	}
}

// The flags -proto, -size, -par and others select the cells.
func ExampleFlags() {
	var flags = echobench.NewFlags(flag.NewFlagSet("mine", flag.ContinueOnError)) // use flag.CommandLine

	_ = func(b *testing.B) { // func BenchmarkMine(b *testing.B)
		flags.Run(b, echobench.Variants(&tcp.Transport{}, &grpcecho.Transport{}))
	}
}

func ExampleSelect() {
	_, err := echobench.Select(echobench.Variants(&tcp.Transport{}, &grpcecho.Transport{}), "http")
	fmt.Println(err)
	// Output:
	// echobench: unknown variant "http"; the known ones are:
	// 	tcp
	// 	grpc
}
