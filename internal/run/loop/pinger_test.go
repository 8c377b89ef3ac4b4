package loop

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/run/bodies"
)

// A fakePinger takes 7 ns for each round trip. It fails after the given number.
type fakePinger struct {
	echo.Client
	calls []int // the number of round trips of each call
	limit int
}

var errLimit = errors.New("too many round trips")

func (p *fakePinger) Ping(_ []byte, latencies []int64) error {
	p.calls = append(p.calls, len(latencies))
	if p.limit -= len(latencies); p.limit < 0 {
		return errLimit
	}
	for i := range latencies {
		latencies[i] = 7
	}
	return nil
}

func TestPinger(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := &fakePinger{limit: 300}
	latencies := newLatencies(false, false)
	l, err := New(ctx, Config{Client: client, Source: bodies.New(64, 1, 1).NewSource(), Latencies: latencies})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Run(Task{Tickets: new(atomic.Uint64), Total: 230, Clock: NewClock()}); err != nil {
		t.Fatal(err)
	}
	if want := []int{100, 100, 30}; !slices.Equal(client.calls, want) {
		t.Errorf("calls of %v round trips, want %v", client.calls, want)
	}
	if n := latencies.RoundTrip.Count(); n != 230 {
		t.Errorf("%d latencies of 230 round trips", n)
	}
	if err := l.Run(Task{Tickets: new(atomic.Uint64), Total: 100, Clock: NewClock()}); !errors.Is(err, errLimit) {
		t.Errorf("Run returned %v, want the error of Ping", err)
	}
	cancel()
	if err := l.Run(Task{Tickets: new(atomic.Uint64), Total: 1, Clock: NewClock()}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run after its context's end returned %v, want %v", err, context.Canceled)
	}
}
