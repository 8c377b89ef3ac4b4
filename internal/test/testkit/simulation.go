package testkit

import (
	"testing"

	"github.com/echobench/echobench/internal/base/race"
)

// Simulation skips tb under the race detector. A test calls Simulation if it computes
// for long without goroutines, so that the race detector takes several times as long
// and can find nothing.
func Simulation(tb testing.TB) {
	tb.Helper()
	if race.Enabled {
		tb.Skip("a simulation without goroutines: it runs without the race detector")
	}
}

// Times returns how many times a simulation is repeated: quick times, or long times if
// tests may take long. Seeds are fixed, so that each of the two gives the same result in
// every run.
func Times(quick, long int) int {
	if IsLong() {
		return long
	}
	return quick
}
