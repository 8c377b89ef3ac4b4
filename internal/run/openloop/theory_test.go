package openloop

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// A virtualClock stands still unless somebody waits. It is for one goroutine.
type virtualClock struct{ now int64 }

func (c *virtualClock) Now() int64 { return c.now }

func (c *virtualClock) Wait(due int64, _ *atomic.Int64) int64 {
	c.now = max(c.now, due)
	return c.now
}

// A station is a client whose calls take as much virtual time as service returns, in
// nanoseconds.
type station struct {
	clock   *virtualClock
	service func() float64
	rest    float64
}

func (s *station) Echo(_ context.Context, req, reply *payload.Payload) error {
	exact := s.service() + s.rest
	whole := math.Floor(exact)
	s.rest = exact - whole
	s.clock.now += int64(whole)
	reply.Id, reply.Data, reply.Timestamp = req.Id, append(reply.Data[:0], req.Data...), 1
	return nil
}

func (s *station) Close() error { return nil }

// meanService is the mean time of service, in nanoseconds.
const meanService = 1e6

// TestQueueingTheory lets one worker call a server that is busy for a given share of
// the time. The arrivals that find the worker busy wait for it in the order in which
// they are due, so that worker and server are the queues M/M/1 and M/D/1, whose
// response times are known.
func TestQueueingTheory(t *testing.T) {
	testkit.Simulation(t)
	exponential := func() func() float64 {
		random := rand.New(rand.NewPCG(3, 4))
		return func() float64 { return meanService * random.ExpFloat64() }
	}
	constant := func() func() float64 { return func() float64 { return meanService } }
	for _, c := range []struct {
		name      string
		load      float64
		count     int // the closer to capacity, the longer response times are correlated
		service   func() func() float64
		mean, p99 float64 // of the response time, in mean service times
	}{
		{"M/M/1", 0.5, 1_000_000, exponential, 1 / (1 - 0.5), math.Log(100) / (1 - 0.5)},
		{"M/M/1", 0.8, 1_000_000, exponential, 1 / (1 - 0.8), math.Log(100) / (1 - 0.8)},
		{"M/M/1", 0.9, 5_000_000, exponential, 1 / (1 - 0.9), math.Log(100) / (1 - 0.9)},
		{"M/D/1", 0.5, 500_000, constant, 1 + 0.5/(2-2*0.5), 1 + waitMD1(0.5, 0.99)},
		{"M/D/1", 0.8, 1_000_000, constant, 1 + 0.8/(2-2*0.8), 1 + waitMD1(0.8, 0.99)},
		{"M/D/1", 0.9, 3_000_000, constant, 1 + 0.9/(2-2*0.9), 1 + waitMD1(0.9, 0.99)},
	} {
		t.Run(fmt.Sprintf("%s at %.0f%%", c.name, 100*c.load), func(t *testing.T) {
			t.Parallel()
			r := runQueue(t, c.load, c.count, c.service())
			check := func(name string, got, want float64) {
				got /= meanService
				t.Logf("%s %.3f, in theory %.3f (%+.1f%%)", name, got, want, 100*(got/want-1))
				if math.Abs(got/want-1) > 0.03 {
					t.Errorf("the %s response time is %.3f service times, want %.3f within 3%%", name, got, want)
				}
			}
			check("mean", r.Response.Mean(), c.mean)
			check("99th percentile of the", float64(r.Response.Percentile(99)), c.p99)
			if err := r.Verdict(); err != nil {
				t.Error(err)
			}
		})
	}
}

// runQueue offers the load to a server with the given times of service.
func runQueue(t *testing.T, load float64, count int, service func() float64) *Result {
	t.Helper()
	clock := new(virtualClock)
	l := New(Config{Rate: load / meanService * 1e9, Seed: 1, Count: count, LeadIn: 10_000, Workers: 1}, clock)
	w := NewWorker(t.Context(), &station{clock: clock, service: service}, bodies.New(8, 1, 1).NewSource())
	defer w.Close()
	if err := w.Run(l); err != nil {
		t.Fatal(err)
	}
	r := l.Result()
	if got := r.Service.Mean(); math.Abs(got/meanService-1) > 0.01 {
		t.Errorf("at %v: the mean service time is %.0f ns, want %.0f", load, got, meanService)
	}
	if lag := r.Lag.Percentile(100); lag != 0 {
		t.Errorf("at %v: a lag of %d ns in virtual time", load, lag)
	}
	return r
}

// waitMD1 returns a quantile of how long a customer waits in the queue M/D/1, in
// service times.
func waitMD1(load, quantile float64) float64 {
	low, high := 0.0, 100.0
	for range 50 {
		middle := (low + high) / 2
		if waitingMD1(load, middle) < quantile {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// waitingMD1 returns the probability that a customer of the queue M/D/1 waits no longer
// than so many service times, after Franx, "A simple solution for the M/D/c waiting
// time distribution", Operations Research Letters 29 (2001), 221–229.
func waitingMD1(load, time float64) float64 {
	k := int(math.Floor(time)) + 1
	queued := queuedMD1(load, k)
	x := load * (float64(k) - time)
	sum, term := 0.0, math.Exp(-x) // Poisson probabilities
	for j := range k {
		sum += queued[k-1-j] * term
		term *= x / float64(j+1)
	}
	return sum
}

// queuedMD1 returns, for 0 to n-1, the probability that no more customers wait in the
// queue M/D/1, not counting the one that is served.
func queuedMD1(load float64, n int) []float64 {
	// more[i] is the probability that more than i customers arrive during a service.
	more := make([]float64, n+2)
	left, term := 1.0, math.Exp(-load)
	for i := range more {
		left -= term
		more[i] = max(0, left)
		term *= load / float64(i+1)
	}
	// present[i] is the probability that i customers are present. The system passes
	// from i to i+1 customers as often as back.
	present := []float64{1 - load}
	for i := range n {
		p := present[0] * more[i]
		for j := 1; j <= i; j++ {
			p += present[j] * more[i-j+1]
		}
		present = append(present, p*math.Exp(load))
	}
	queued := make([]float64, n)
	sum := present[0]
	for i := range queued {
		sum += present[i+1]
		queued[i] = sum
	}
	return queued
}
