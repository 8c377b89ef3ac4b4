package trial_test

import (
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

// BenchmarkQuickly is what a Suite does for each transport before its first cell.
func BenchmarkQuickly(b *testing.B) {
	for _, tr := range []echo.Transport{
		&tcp.Transport{}, &rest.Transport{}, &grpcecho.Transport{}, &zmqecho.Transport{}, &gorpcecho.Transport{},
	} {
		b.Run(tr.Name(), func(b *testing.B) {
			if err := contract.Describe(tr, 1).Unavailable; err != nil {
				b.Skip(err)
			}
			for b.Loop() {
				if err := trial.Quickly(tr, 10*time.Second); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
