package openloop

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/latency"
	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/internal/run/loop"
	"github.com/echobench/echobench/payload"
)

// A bubbleClock reads the time of a synctest bubble, which passes only while all
// goroutines wait.
type bubbleClock struct{ base time.Time }

func newBubbleClock() bubbleClock { return bubbleClock{time.Now()} }

func (c bubbleClock) Now() int64 { return int64(time.Since(c.base)) }

func (c bubbleClock) Wait(due int64, _ *atomic.Int64) int64 {
	time.Sleep(time.Duration(min(due-c.Now(), maxWait)))
	return c.Now()
}

// A client answers after what serve returns, or fails with its error.
type client func(ctx context.Context, req *payload.Payload) (time.Duration, error)

func (c client) Echo(ctx context.Context, req, reply *payload.Payload) error {
	d, err := c(ctx, req)
	time.Sleep(d)
	reply.Id, reply.Data, reply.Timestamp = req.Id, append(reply.Data[:0], req.Data...), 1
	return err
}

func (client) Close() error { return nil }

// run has the given number of workers share a load.
func run(ctx context.Context, c Config, clock Clock, client echo.Client) (*Load, error) {
	l := New(c, clock)
	var wg sync.WaitGroup
	errs := make([]error, c.Workers)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for i := range c.Workers {
		w := NewWorker(ctx, client, bodies.New(8, 1, 1).NewSource())
		wg.Go(func() {
			defer w.Close()
			if errs[i] = w.Run(l); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	wg.Wait()
	return l, context.Cause(ctx)
}

// TestCoordinatedOmission measures a server that answers after 1 ms, but stalls for the
// last 100 ms of every second. Of the requests that arrive at equal intervals, a tenth
// arrives during a stall and waits for the rest of it. A closed loop sends nothing
// during a stall, except the one request that waits for it. docs/openloop.md shows the
// same figures.
func TestCoordinatedOmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers, seconds, rate = 150, 20, 1000
		var begin time.Time
		server := client(func(context.Context, *payload.Payload) (time.Duration, error) {
			const answer = time.Millisecond
			if now := time.Since(begin) % time.Second; now >= 900*time.Millisecond {
				return time.Second - now + answer, nil
			}
			return answer, nil
		})
		begin = time.Now()
		l, err := run(t.Context(), Config{Rate: rate, Arrivals: Uniform, Count: rate * seconds, Workers: workers}, newBubbleClock(), server)
		if err != nil {
			t.Fatal(err)
		}
		begin = time.Now()
		latencies := loop.NewLatencies(1, false)[0]
		closed, err := loop.New(t.Context(), loop.Config{Client: server, Source: bodies.New(8, 1, 1).NewSource(), Latencies: latencies})
		if err != nil {
			t.Fatal(err)
		}
		defer closed.Close()
		if err := closed.Run(loop.Task{Tickets: new(atomic.Uint64), Total: 901 * seconds, Clock: loop.NewClock()}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name                      string
			got                       *latency.Recorder
			mean, p50, p95, p99, p999 float64 // in milliseconds
		}{
			{"open loop", l.Result().Response, 1 + 0.1*50, 1, 51, 91, 100},
			{"closed loop", latencies.RoundTrip, 1 + 100.0/901, 1, 1, 1, 101},
		} {
			check := func(name string, got, want float64) {
				if math.Abs(got/1e6/want-1) > 0.02 {
					t.Errorf("%s: %s is %.2f ms, want %.2f within 2%%", c.name, name, got/1e6, want)
				}
			}
			check("mean", c.got.Mean(), c.mean)
			check("p50", float64(c.got.Percentile(50)), c.p50)
			check("p95", float64(c.got.Percentile(95)), c.p95)
			check("p99", float64(c.got.Percentile(99)), c.p99)
			check("p999", float64(c.got.Percentile(99.9)), c.p999)
		}
	})
}
