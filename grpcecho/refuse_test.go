package grpcecho

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
)

// eachMode runs f as a subtest for unary calls and for streams.
func eachMode(t *testing.T, f func(t *testing.T, stream bool)) {
	for _, stream := range []bool{false, true} {
		t.Run(fmt.Sprintf("stream=%t", stream), func(t *testing.T) { f(t, stream) })
	}
}

// A request is refused while as many as the limit are in progress, and answered
// afterwards. The client stays usable.
func TestRefuse(t *testing.T) {
	eachMode(t, func(t *testing.T, stream bool) {
		const limit = 3
		tr := &Transport{RefuseAbove: limit, Stream: stream}
		srv := listen(t, tr)
		c := testkit.Dial(t, tr, srv.Addr())
		for range limit {
			testkit.MustEcho(t, c, 1, 64)
			srv.answers.progress.Begin()
		}
		for range 10 {
			err := testkit.Echo(t.Context(), c, 2, 64)
			if !errors.Is(err, echo.ErrRefused) || errors.Is(err, echo.ErrTooLarge) {
				t.Fatalf("Echo while %d requests are in progress: error %v, want echo.ErrRefused only", limit, err)
			}
		}
		testkit.Dial(t, tr, srv.Addr()) // the server has been reached, although it refuses the echo
		srv.answers.progress.End(1)
		for id := range uint64(10) {
			testkit.MustEcho(t, c, id, 64)
		}
	})
}

// As many workers as the limit, each with one request at a time, are never refused.
func TestRefuseNoneAtTheLimit(t *testing.T) {
	eachMode(t, func(t *testing.T, stream bool) {
		const workers = 8
		c := testkit.Start(t, &Transport{RefuseAbove: workers, Stream: stream})
		var running sync.WaitGroup
		for w := range workers {
			running.Go(func() {
				for range 200 {
					if err := testkit.Echo(t.Context(), c, uint64(w), 64); err != nil {
						t.Errorf("worker %d of %d: %v", w, workers, err)
						return
					}
				}
			})
		}
		running.Wait()
	})
}

// Requests that wait for a processor are in progress, so that some of many requests
// that arrive together are refused.
func TestRefuseCountsWaiting(t *testing.T) {
	limit := 2 * runtime.GOMAXPROCS(0) // more than there are processors
	eachMode(t, func(t *testing.T, stream bool) {
		c := testkit.Start(t, &Transport{RefuseAbove: limit, Stream: stream})
		ctx, cancel := context.WithCancel(testkit.Context(t))
		defer cancel()
		var running sync.WaitGroup
		var refused atomic.Bool
		for range 32 * limit {
			running.Go(func() {
				for ctx.Err() == nil {
					err := testkit.Echo(ctx, c, 1, 64)
					switch {
					case errors.Is(err, echo.ErrRefused):
						refused.Store(true)
						cancel()
					case err != nil && ctx.Err() == nil:
						t.Error(err)
						return
					}
				}
			})
		}
		running.Wait()
		if !refused.Load() {
			t.Errorf("no request of %d workers was refused with RefuseAbove %d", 32*limit, limit)
		}
	})
}
