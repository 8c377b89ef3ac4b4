//go:build !race

package trial_test

import (
	"slices"
	"testing"
	"time"

	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/trial"
	"github.com/echobench/echobench/rest"
	"github.com/echobench/echobench/tcp"
	"github.com/echobench/echobench/zmqecho"
)

// TestQuicklyAcceptsAllVariants: a Suite must not fail a correct transport.
func TestQuicklyAcceptsAllVariants(t *testing.T) {
	for _, v := range slices.Concat(tcp.Variants(), rest.Variants(), grpcecho.Variants(), zmqecho.Variants(), gorpcecho.Variants()) {
		t.Run(v.Name, func(t *testing.T) {
			if err := contract.Describe(v.Transport, 1).Unavailable; err != nil {
				t.Skip(err)
			}
			if err := trial.Quickly(v.Transport, 10*time.Second); err != nil {
				t.Error(err)
			}
		})
	}
}
