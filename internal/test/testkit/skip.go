package testkit

import (
	"os"
	"slices"
	"testing"

	"github.com/echobench/echobench/internal/base/race"
)

// IsLong reports whether tests may take long: whether ECHOBENCH_LONG is set in the
// environment, as make check sets it.
func IsLong() bool { return os.Getenv("ECHOBENCH_LONG") != "" }

// Long skips tb unless tests may take long. A test calls Long if it takes seconds and
// if quicker tests find most of what it finds.
func Long(tb testing.TB) {
	tb.Helper()
	if !IsLong() {
		tb.Skip("takes long: only make check runs it (ECHOBENCH_LONG=1)")
	}
}

// IsEvery reports whether tests may take as long as they need: whether ECHOBENCH_LONG is
// every, as make commands sets it.
func IsEvery() bool { return os.Getenv("ECHOBENCH_LONG") == "every" }

// Times returns how many times a simulation is repeated: quick times, or long times if
// tests may take long. Seeds are fixed, so that each of the two gives the same result in
// every run.
func Times(quick, long int) int {
	if IsLong() {
		return long
	}
	return quick
}

// Simulation skips tb under the race detector. A test calls Simulation if it computes
// for long, such as a simulation or a compression, and has no goroutines that other tests
// do not have: the race detector would take several times as long and find nothing.
func Simulation(tb testing.TB) {
	tb.Helper()
	if race.Enabled {
		tb.Skip("it computes for long: it runs without the race detector")
	}
}

// SkipUnlessRaced skips the conformance test of the configuration with the given name
// under the race detector, unless it is one of raced. These have goroutines, locks or
// buffers that the others do not have. All of them run without the race detector, which
// takes several times as long.
func SkipUnlessRaced(t *testing.T, name string, raced ...string) {
	t.Helper()
	if race.Enabled && !slices.Contains(raced, name) {
		t.Skip("what differs from other configurations is not in this package's goroutines; it runs without the race detector")
	}
}
