//go:build !race

package trial_test

import (
	"slices"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/trial"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

// variants returns the variants of the five protocols.
func variants() []echo.Variant {
	return slices.Concat(tcp.Variants(), rest.Variants(), grpcecho.Variants(), zmqecho.Variants(), gorpcecho.Variants())
}

// quickly checks a variant, or skips it if this build does not have it.
func quickly(tb testing.TB, v echo.Variant) {
	tb.Helper()
	if err := contract.Describe(v.Transport, 1).Unavailable; err != nil {
		tb.Skip(err)
	}
	if err := trial.Quickly(v.Transport, 10*time.Second); err != nil {
		tb.Error(err)
	}
}

// TestQuicklyAcceptsAllVariants: a Suite must not fail a correct transport.
func TestQuicklyAcceptsAllVariants(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.Name, func(t *testing.T) { quickly(t, v) })
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
