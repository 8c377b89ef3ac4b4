package trial_test

import (
	"slices"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/base/race"
	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

// variants returns the variants of the five protocols.
func variants() []echo.Variant {
	return slices.Concat(tcp.Variants(), rest.Variants(), grpcecho.Variants(), zmqecho.Variants(), gorpcecho.Variants())
}

// quickly checks a variant with as few file descriptors as Files says, or skips it if this
// build does not have it.
func quickly(tb testing.TB, v echo.Variant) {
	tb.Helper()
	if err := contract.Describe(v.Transport, 1).Unavailable; err != nil {
		tb.Skip(err)
	}
	restore := testkit.LimitFiles(tb, trial.Files(v.Transport))
	defer restore()
	if err := trial.Quickly(v.Transport, 10*time.Second); err != nil {
		tb.Error(err)
	}
}

// differ are the variants that differ most: the default ones, and those whose connections
// or goroutines are of another kind.
var differ = []string{"tcp", "tcpmux", "tcpgrants", "rest", "h2c", "grpc", "grpcstream", "grpcgzip", "zmq", "zmqdealer", "gorpc", "gorpccompress"}

// TestQuicklyAcceptsAllVariants: a Suite must not fail a correct transport. The quick
// test tries the variants that differ most.
func TestQuicklyAcceptsAllVariants(t *testing.T) {
	if race.Enabled {
		t.Skip("Quickly judges the memory that a process allocates, of which the race detector takes a multiple")
	}
	tried := 0
	for _, v := range variants() {
		t.Run(v.Name, func(t *testing.T) {
			if slices.Contains(differ, v.Name) {
				tried++
			} else {
				testkit.Long(t)
			}
			quickly(t, v)
		})
	}
	if tried != len(differ) {
		t.Errorf("%d of the variants %q exist, want all", tried, differ)
	}
}

// BenchmarkQuickly is what a Suite does for each transport before its first cell.
func BenchmarkQuickly(b *testing.B) {
	for _, v := range variants() {
		b.Run(v.Name, func(b *testing.B) {
			for b.Loop() {
				quickly(b, v)
			}
		})
	}
}
