package own

import (
	"flag"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echotest"
)

var flags = echobench.NewFlags(flag.CommandLine) // -proto, -size, -par and the others

func TestConformance(t *testing.T) { echotest.TestTransport(t, Own{}) }

func BenchmarkEcho(b *testing.B) { flags.Run(b, echobench.Variants(Own{})) }

func BenchmarkMaxRate(b *testing.B) { flags.RunMaxRate(b, echobench.Variants(Own{})) }
