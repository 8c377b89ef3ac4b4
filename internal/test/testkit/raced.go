package testkit

import (
	"slices"
	"testing"

	"github.com/echobench/echobench/internal/base/race"
)

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
