package echobench_test

import (
	"flag"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/floor"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

var flags = echobench.NewFlags(flag.CommandLine)

// BenchmarkEcho is the matrix: every protocol, size and number of workers. -proto
// also accepts the names of all other variants.
func BenchmarkEcho(b *testing.B) { flags.Run(b, protocols(), variants()...) }

// protocols are what BenchmarkEcho compares by default: each protocol at its
// default settings.
func protocols() []echo.Variant {
	return echobench.Variants(&tcp.Transport{}, &rest.Transport{}, &grpcecho.Transport{}, &zmqecho.Transport{}, &gorpcecho.Transport{})
}

// variants are the protocols at other settings, and the floors, which cost less
// than any protocol.
func variants() []echo.Variant {
	return echobench.Variants(&floor.Nop{}, &floor.Pipe{}, floor.Raw{})
}
