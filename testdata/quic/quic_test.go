package quic

import (
	"flag"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echotest"
)

var flags = echobench.NewFlags(flag.CommandLine)

func TestConformance(t *testing.T) { echotest.TestTransport(t, Transport{}) }

func BenchmarkEcho(b *testing.B) { flags.Run(b, echobench.Variants(Transport{})) }
