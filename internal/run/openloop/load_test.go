package openloop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/internal/stats/steady"
	"github.com/echobench/echobench/payload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryArrivalIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trace := steady.NewTrace()
		c := Config{Rate: 1000, Count: 4000, LeadIn: 1000, Workers: 20, BaseID: 7, Legs: true, Trace: trace}
		var seen observer
		l, err := run(t.Context(), c, newBubbleClock(), client(seen.serve))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(seen.ids)
		if ids := seen.ids; len(ids) != 5000 || ids[0] != 8 || ids[4999] != 5007 || len(slices.Compact(ids)) != 5000 {
			t.Errorf("%d requests, the first with id %d", len(ids), ids[0])
		}
		if seen.max < 15 || seen.max > 20 {
			t.Errorf("%d requests in flight, want at max the number of workers", seen.max)
		}
		r := l.Result()
		if r.Arrivals != 4000 || r.Response.Count() != 4000 || r.Service.Count() != 4000 || r.Lag.Count() != 4000 {
			t.Errorf("%d arrivals and %d latencies, want 4000 without the lead-in", r.Arrivals, r.Response.Count())
		}
		if r.Busy == 0 || r.Lag.Percentile(100) != 0 || r.Serving < 0.4 || r.Serving > 0.6 {
			t.Errorf("%d arrivals found all workers busy, a lag of %d ns, serving %.2f", r.Busy, r.Lag.Percentile(100), r.Serving)
		}
		if offered := r.Offered(); offered < 950 || offered > 1050 || r.Achieved() > offered || r.Achieved() < 0.99*offered {
			t.Errorf("offered %.0f a second, achieved %.0f", offered, r.Achieved())
		}
		if err := r.Verdict(); err != nil {
			t.Error(err)
		}
		if report := trace.Analyse(); report.Count != 4000 || !report.Judged || report.Drifts {
			t.Errorf("trace of %d response times, drifts: %v", report.Count, report.Drifts)
		}
		select {
		case <-l.Began():
		default:
			t.Error("the recorded part has not begun")
		}
	})
}

// An observer is a server that takes 10 ms for each request.
type observer struct {
	mu            sync.Mutex
	ids           []uint64
	inFlight, max int
}

func (o *observer) serve(_ context.Context, req *payload.Payload) (time.Duration, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ids = append(o.ids, req.Id)
	o.inFlight++
	o.max = max(o.max, o.inFlight)
	time.AfterFunc(10*time.Millisecond-1, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.inFlight--
	})
	return 10 * time.Millisecond, nil
}

// The workers take turns, so that all connections are used.
func TestWorkersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Config{Rate: 100, Arrivals: Uniform, Count: 40, Workers: 4}, newBubbleClock())
		var calls [4]int
		var wg sync.WaitGroup
		for i := range calls {
			w := NewWorker(t.Context(), client(func(context.Context, *payload.Payload) (time.Duration, error) {
				calls[i]++
				return time.Millisecond, nil
			}), bodies.New(8, 1, 1).NewSource())
			wg.Go(func() {
				defer w.Close()
				if err := w.Run(l); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if calls != [4]int{10, 10, 10, 10} {
			t.Errorf("calls of each worker: %v, want 10", calls)
		}
	})
}

func TestRefusalsAreCountedApart(t *testing.T) {
	for _, counted := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c := Config{Rate: 1000, Arrivals: Uniform, Count: 1000, Workers: 10, Refusals: counted}
			l, err := run(t.Context(), c, newBubbleClock(), client(func(_ context.Context, req *payload.Payload) (time.Duration, error) {
				if req.Id%4 == 0 {
					return 100 * time.Microsecond, echo.ErrRefused
				}
				return time.Millisecond, nil
			}))
			if !counted {
				if !errors.Is(err, echo.ErrRefused) {
					t.Errorf("Run returned %v, want the refusal", err)
				}
				return
			}
			r := l.Result()
			if err != nil || r.Arrivals != 1000 || r.Refused != 250 || r.Response.Count() != 750 {
				t.Errorf("error %v, %d of %d arrivals refused, %d latencies, want 250 and 750", err, r.Refused, r.Arrivals, r.Response.Count())
			}
			if low := r.Response.Percentile(0.1); low < 900_000 {
				t.Errorf("a latency of %d ns, which is a refusal's", low)
			}
			if r.Achieved() < 740 || r.Achieved() > 752 || r.RefusedRate() < 248 || r.RefusedRate() > 251 {
				t.Errorf("answered %.0f a second, refused %.0f", r.Achieved(), r.RefusedRate())
			}
		})
	}
}

// An error of one worker ends the others, through their context: those that wait for an
// arrival, those in the queue and those that wait for a reply.
func TestErrorEndsAllWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the connection broke")
		start := time.Now()
		_, err := run(t.Context(), Config{Rate: 0.1, Arrivals: Uniform, Count: 1000, Workers: 5}, newBubbleClock(),
			client(func(_ context.Context, req *payload.Payload) (time.Duration, error) {
				if req.Id == 3 {
					return 0, broken
				}
				return time.Millisecond, nil
			}))
		if !errors.Is(err, broken) || time.Since(start) > 30*time.Second+2*time.Duration(maxWait) {
			t.Errorf("Run returned %v after %v, want the error of the third request after 30s", err, time.Since(start))
		}
	})
}

func TestWrongReplyIsAnError(t *testing.T) {
	_, err := run(t.Context(), Config{Rate: 1e6, Count: 10, Workers: 1}, new(virtualClock), liar{})
	if err == nil || !strings.Contains(err.Error(), "wrong reply: id ") {
		t.Errorf("Run returned %v", err)
	}
}

type liar struct{}

func (liar) Echo(_ context.Context, req, reply *payload.Payload) error {
	reply.Id = req.Id + 1
	return nil
}

func (liar) Close() error { return nil }

// TestWallClock bounds how early and, with much room for other processes, how late Wait
// returns.
func TestWallClock(t *testing.T) {
	c, err := NewWallClock()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var inFlight atomic.Int64
	for _, alone := range []bool{false, true} {
		c.alone = alone
		for _, busy := range []int64{0, 1} {
			inFlight.Store(busy)
			for _, wait := range []int64{-1000, 0, 1000, 50_000, 300_000, 5_000_000} {
				due := c.Now() + wait
				if now := c.Wait(due, &inFlight); now < due || now > due+int64(10*time.Second) || c.Now() < now {
					t.Errorf("waiting %d ns, alone %v, in flight %d: returned %d ns after the time", wait, alone, busy, now-due)
				}
			}
		}
	}
	start := c.Now()
	if now := c.Wait(start+int64(time.Hour), &inFlight); now < start+maxWait || now > start+int64(time.Minute) {
		t.Errorf("a wait of an hour returned after %v, want %v", time.Duration(now-start), time.Duration(maxWait))
	}
}
