package rest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// A request of any size is refused while as many as allowed are in progress, and
// answered afterwards. All requests use the same connection.
func TestRefuse(t *testing.T) {
	const limit = 3
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			progress := inprogress.New(limit)
			l := listen(t)
			srv := startCounting(t, &mode.tr, l, progress)
			c := testkit.Dial(t, &mode.tr, srv.Addr())
			for range limit {
				testkit.MustEcho(t, c, 1, 100)
				progress.Begin()
			}
			for _, size := range []int{0, 100, 64 << 10, 4 << 20} {
				for range 2 {
					err := testkit.Echo(t.Context(), c, 2, size)
					if !errors.Is(err, echo.ErrRefused) || errors.Is(err, echo.ErrTooLarge) {
						t.Fatalf("%d bytes while %d requests are in progress: error %v, want echo.ErrRefused only", size, limit, err)
					}
				}
			}
			testkit.Dial(t, &mode.tr, srv.Addr()).Close() // the server has been reached, although it refuses
			progress.End(1)
			for id := range uint64(3) { // with bodies, which refused requests need not send
				testkit.MustEcho(t, c, id, handshakes)
			}
			if n := progress.Len(); n != limit-1 {
				t.Errorf("%d requests in progress after all responses, want the %d of this test", n, limit-1)
			}
			if got, _ := l.accepted(handshakes); got > 2 {
				t.Errorf("%d connections carried requests, want 1, or 2 at most on a busy machine", got)
			}
		})
	}
}

// The requests in progress are answered while another one is refused. The server
// counts a request before it lets others be read.
func TestRefuseWhileOthersAreServed(t *testing.T) {
	const limit = 3
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			reached, hold := make(chan struct{}, limit), make(chan struct{})
			var dialled atomic.Bool
			progress := inprogress.NewYielding(limit, func() {
				if dialled.Load() {
					reached <- struct{}{}
					<-hold
				}
			})
			c := testkit.Dial(t, &mode.tr, startCounting(t, &mode.tr, listen(t), progress).Addr())
			dialled.Store(true)
			served := make(chan error, limit)
			for id := range uint64(limit) {
				go func() { served <- testkit.Echo(context.Background(), c, id, 64<<10) }()
			}
			for range limit {
				testkit.Receive(t, "a request in progress", reached)
			}
			if err := testkit.Echo(t.Context(), c, 7, 64<<10); !errors.Is(err, echo.ErrRefused) {
				t.Errorf("Echo while %d requests are in progress: error %v, want echo.ErrRefused", limit, err)
			}
			close(hold)
			for range limit {
				if err := testkit.Receive(t, "an Echo in progress", served); err != nil {
					t.Errorf("Echo in progress: %v", err)
				}
			}
			testkit.MustEcho(t, c, 8, 64<<10)
		})
	}
}

// Requests that wait for a processor are in progress, so that a server to which many
// workers send at the same time refuses some.
func TestRefuseCountsWaitingRequests(t *testing.T) {
	limit := 2 * runtime.GOMAXPROCS(0) // more than there are processors
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			tr := mode.tr
			tr.RefuseAbove = limit
			c := testkit.Start(t, &tr)
			ctx, refused := context.WithCancel(testkit.Context(t))
			defer refused()
			var seen atomic.Bool
			var running sync.WaitGroup
			for range 32 * limit {
				running.Go(func() {
					for ctx.Err() == nil {
						err := testkit.Echo(ctx, c, 1, 100)
						if errors.Is(err, echo.ErrRefused) {
							seen.Store(true)
							refused()
						} else if err != nil && ctx.Err() == nil {
							t.Error(err)
							return
						}
					}
				})
			}
			running.Wait()
			if !seen.Load() {
				t.Errorf("%d workers: no request was refused above %d in progress", 32*limit, limit)
			}
		})
	}
}

// A refusal says when the client may try again. A request that cannot be answered is
// no longer in progress after its response.
func TestRefusalStatus(t *testing.T) {
	const limit = 100
	progress := inprogress.New(1)
	for _, c := range []struct {
		name       string
		inProgress bool // another request
		body       []byte
		want       int
		retryAfter string
	}{
		{"an echo", false, testkit.Encode(t, &payload.Payload{Id: 7}), 200, ""},
		{"refused", true, testkit.Encode(t, &payload.Payload{Id: 7}), 503, "1"},
		{"refused before it is decoded", true, []byte("\xff"), 503, "1"},
		{"not a Payload", false, []byte("\xff"), 400, ""},
		{"too much data", false, testkit.Encode(t, &payload.Payload{Data: payload.Body(limit+1, 1)}), 413, ""},
	} {
		for _, h := range []*handler{{limit: limit, progress: progress}, {limit: limit, progress: progress, streamBodies: true}} {
			t.Run(fmt.Sprintf("%s, streamed %t", c.name, h.streamBodies), func(t *testing.T) {
				if c.inProgress {
					progress.Begin()
					defer progress.End(1)
				}
				before := progress.Len()
				w, _ := post(h, contentType, int64(len(c.body)), c.body)
				if got := w.Header().Get("Retry-After"); w.Code != c.want || got != c.retryAfter {
					t.Errorf("status %d, Retry-After %q; want %d, %q", w.Code, got, c.want, c.retryAfter)
				}
				if n := progress.Len(); n != before {
					t.Errorf("%d requests in progress afterwards, want %d", n, before)
				}
			})
		}
	}
}
