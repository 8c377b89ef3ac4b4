package openloop

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/echobench/echobench/internal/measure/latency"
	"github.com/echobench/echobench/payload"
)

// TestVerdictOnTheSystem offers load to 10 workers whose calls take 10 ms, so that they
// make 1000 a second.
func TestVerdictOnTheSystem(t *testing.T) {
	for _, c := range []struct {
		name  string
		rate  float64
		count int
		stall time.Duration // once, at a tenth of the requests before the end
		want  error
	}{
		{"half", 500, 1000, 0, nil},
		{"nearly all", 990, 2000, 0, nil},
		{"5% too much", 1050, 2000, 0, ErrSystem},
		{"twice as much", 2000, 2000, 0, ErrSystem},
		{"a stall near the end", 500, 1000, 100 * time.Millisecond, nil},
		{"short", 500, 40, 0, ErrShort},
		{"far too much in a short time", 1e6, 2000, 0, ErrSystem},
		{"few", 10, 19, 0, ErrShort},
	} {
		synctest.Test(t, func(t *testing.T) {
			config := Config{Rate: c.rate, Arrivals: Uniform, Count: c.count, Workers: 10}
			l, err := run(t.Context(), config, newBubbleClock(), client(func(_ context.Context, req *payload.Payload) (time.Duration, error) {
				if i := c.count - int(req.Id); i >= c.count/10 && i < c.count/10+10 {
					return 10*time.Millisecond + c.stall, nil
				}
				return 10 * time.Millisecond, nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			r := l.Result()
			got := r.Verdict()
			if !errors.Is(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
			if c.name == "twice as much" && !strings.Contains(got.Error(), "2000 requests a second were offered and 998 done; 100% found all 10 workers busy, and in the last quarter they waited 872.5ms for one; the workers waited for replies 100% of the time") {
				t.Errorf("%s: %v", c.name, got)
			}
		})
	}
}

func TestVerdictOnTheGenerator(t *testing.T) {
	result := func(response, lag time.Duration) *Result {
		r := &Result{Response: latency.NewRecorder(), Service: latency.NewRecorder(), Lag: latency.NewRecorder(), Workers: 10, Arrivals: 1000, Span: time.Second, Elapsed: time.Second, Serving: 0.3}
		for range r.Arrivals {
			r.Response.Record(int64(response))
			r.Lag.Record(int64(lag))
		}
		return r
	}
	late := result(time.Millisecond, 600*time.Microsecond)
	slow := result(time.Second, 0)
	slow.Elapsed, slow.Waited = 2*time.Second, [quarters]time.Duration{1e8, 2e8, 3e8, 4e8}
	for _, c := range []struct {
		name   string
		result *Result
		want   error
	}{
		{"on time", result(time.Millisecond, 10*time.Microsecond), nil},
		{"a small lag of small times", result(100*time.Microsecond, 90*time.Microsecond), nil},
		{"a large lag of large times", result(10*time.Millisecond, 2*time.Millisecond), nil},
		{"mostly lag", late, ErrGenerator},
		{"workers that are busy with other things", slow, ErrGenerator},
	} {
		got := c.result.Verdict()
		if !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := late.Verdict().Error(); !strings.Contains(got, "at 1000 requests a second it sent 600µs late on average") {
		t.Error(got)
	}
}
