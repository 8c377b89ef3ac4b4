package echobench_test

import (
	"flag"
	"slices"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/test/floor"
	"github.com/echobench/echobench/internal/test/slowed"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

var flags = echobench.NewFlags(flag.CommandLine)

// BenchmarkEcho is the matrix: every protocol, size and number of workers. -proto
// also accepts the names of all other variants.
func BenchmarkEcho(b *testing.B) { flags.Run(b, protocols(), variants()...) }

// BenchmarkMaxRate finds the highest rate at which each protocol keeps the SLO of
// -slo, such as -slo p99=1ms. Without -slo, it is skipped.
func BenchmarkMaxRate(b *testing.B) { flags.RunMaxRate(b, protocols(), variants()...) }

// protocols are what BenchmarkEcho compares by default: each protocol at its
// default settings.
func protocols() []echo.Variant {
	return []echo.Variant{
		tcp.Variants()[0],
		rest.Variants()[0],
		grpcecho.Variants()[0],
		zmqecho.Variants()[0],
		gorpcecho.Variants()[0],
	}
}

// variants are the protocols at other settings, and the floors, which cost less
// than any protocol.
func variants() []echo.Variant {
	return slices.Concat(
		tcp.Variants()[1:],
		rest.Variants()[1:],
		grpcecho.Variants()[1:],
		zmqecho.Variants()[1:],
		gorpcecho.Variants()[1:],
		floor.Variants(),
		[]echo.Variant{{Name: "slowed", About: "tcp slowed by $" + slowed.Env + " percent, to test comparisons", Transport: slowed.FromEnv(&tcp.Transport{})}},
	)
}
