package floor

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/payload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for _, v := range Variants() {
		t.Run(v.Name, func(t *testing.T) { echotest.TestTransport(t, v.Transport) })
	}
}

// BenchmarkHarness measures what the harness adds to every echo, and how much memory
// its workers take. docs/metrics.md has the figures. There must be no allocation.
func BenchmarkHarness(b *testing.B) {
	echobench.Suite{
		Transports:  []echo.Transport{new(Nop)},
		Sizes:       []payload.Size{64},
		Parallelism: []int{1, 500, 10000},
	}.Run(b)
}
