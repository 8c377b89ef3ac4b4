package floor

import (
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/payload"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for _, tr := range []echo.Transport{new(Nop), new(Pipe), Raw{}} {
		t.Run(tr.Name(), func(t *testing.T) { echotest.TestTransport(t, tr) })
	}
}

// BenchmarkHarness is what the harness adds to every echo: at par=1 at most
// 250 ns and nothing allocated.
func BenchmarkHarness(b *testing.B) {
	echobench.Suite{
		Transports:  []echo.Transport{new(Nop)},
		Sizes:       []payload.Size{64},
		Parallelism: []int{1, 500},
	}.Run(b)
}
