package slowed

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/test/floor"
	"github.com/echobench/echobench/internal/test/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestConformance takes long because the kit waits; internal/test/floor runs it for the
// transport that is slowed.
func TestConformance(t *testing.T) {
	testkit.Long(t)
	echotest.TestTransport(t, &Transport{Describer: floor.Raw{}, Percent: 10})
}

// A slowed transport spins for about the given share of the processor time that
// its calls use otherwise.
func TestSpins(t *testing.T) {
	for _, percent := range []float64{0, 10} {
		tr := &Transport{Describer: floor.Raw{}, Percent: percent}
		c := testkit.Start(t, tr)
		for id := range uint64(3_000) {
			testkit.MustEcho(t, c, id, 64)
		}
		if spins := tr.spin.Load() > 0; spins != (percent > 0) {
			t.Errorf("slowed by %v%%: a call spins for %d ns", percent, tr.spin.Load())
		}
	}
}

func TestFromEnv(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "5": 5, "2.5": 2.5, "much": 0} {
		t.Setenv(Env, text)
		if got := FromEnv(floor.Raw{}).Percent; got != want {
			t.Errorf("%s=%q: slowed by %v%%, want %v%%", Env, text, got, want)
		}
	}
}
