package loop

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/payload"
)

// A fakeClient answers at once.
type fakeClient struct{ echo.Client }

func (fakeClient) Echo(_ context.Context, req, reply *payload.Payload) error {
	reply.Id, reply.Data, reply.Timestamp = req.Id, append(reply.Data[:0], req.Data...), 1
	return nil
}

// TestLatenciesDoNotOverlap: together, the latencies of one worker do not exceed the
// elapsed time, whether or not every byte is compared.
func TestLatenciesDoNotOverlap(t *testing.T) {
	for _, everyByte := range []bool{false, true} {
		const echoes = 1000
		latencies := newLatencies(false, false)
		l, err := New(t.Context(), Config{Client: fakeClient{}, Source: bodies.New(64, 1, 1).NewSource(), Latencies: latencies})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		start := time.Now()
		task := Task{Tickets: new(atomic.Uint64), Total: echoes, Clock: NewClock(), EveryByte: everyByte}
		if err := l.Run(task); err != nil {
			t.Fatal(err)
		}
		elapsed, mean := time.Since(start), math.Inf(1)
		latencies.RoundTrip.Report(func(value float64, unit string) {
			if unit == "mean-ns" {
				mean = value
			}
		})
		if n := latencies.RoundTrip.Count(); n != echoes {
			t.Errorf("%d latencies, want %d", n, echoes)
		}
		if mean*echoes > float64(elapsed) {
			t.Errorf("%d latencies with a mean of %v ns in %v", echoes, mean, elapsed)
		}
	}
}
