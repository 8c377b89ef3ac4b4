package openloop

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/run/bodies"
	"github.com/echobench/echobench/internal/test/floor"
)

// A skippingClock is a clock whose time jumps to what Wait waits for.
type skippingClock struct {
	base    time.Time
	skipped atomic.Int64
}

func (c *skippingClock) Now() int64 { return int64(time.Since(c.base)) + c.skipped.Load() }

func (c *skippingClock) Wait(due int64, _ *atomic.Int64) int64 {
	now := c.Now()
	if due <= now {
		return now
	}
	c.skipped.Add(due - now)
	return due
}

// BenchmarkCost measures what an echo at a rate costs over nop, with all three
// recordings but without waiting. Arrivals that are overdue are taken at once. Those
// that are awaited also have the worker that waits wake the next one. An echo must cost
// at most 400 ns more than in BenchmarkHarness of internal/test/floor, with no allocation.
func BenchmarkCost(b *testing.B) {
	for _, arrivals := range []string{"overdue", "awaited"} {
		for _, workers := range []int{1, 50} {
			b.Run(fmt.Sprintf("arrivals=%s/par=%d", arrivals, workers), func(b *testing.B) {
				rate := 1e12
				if arrivals == "awaited" {
					rate = 1000
				}
				benchmarkCost(b, rate, workers)
			})
		}
	}
}

func benchmarkCost(b *testing.B, rate float64, workers int) {
	nop := new(floor.Nop)
	addr := echo.StartServer(b, nop)
	l := New(Config{Rate: rate, Count: b.N, Workers: workers}, &skippingClock{base: time.Now()})
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for range workers {
		client, err := nop.Dial(b.Context(), addr)
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		w := NewWorker(b.Context(), client, bodies.New(64, 1, 1).NewSource())
		defer w.Close()
		wg.Go(func() {
			<-begin
			if err := w.Run(l); err != nil {
				b.Error(err)
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	close(begin)
	wg.Wait()
}
