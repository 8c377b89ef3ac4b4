package grpcecho

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
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
			if err := srv.answers.gate.enter(); err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			err := testkit.Echo(t.Context(), c, 2, 64)
			if !errors.Is(err, echo.ErrRefused) || errors.Is(err, echo.ErrTooLarge) {
				t.Fatalf("Echo while %d requests are in progress: error %v, want echo.ErrRefused only", limit, err)
			}
		}
		testkit.Dial(t, tr, srv.Addr()) // the server has been reached, although it refuses the echo
		srv.answers.gate.leave()
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

// A unary call is in progress before its message arrives, and no longer once it has
// been answered, or has ended in any other way.
func TestRefuseCountsFromTheHeaders(t *testing.T) {
	const limit = 2
	srv := listen(t, &Transport{RefuseAbove: limit})
	c := newTestClient(t, srv.Addr(), 4<<20)
	ctx, cancel := context.WithCancel(testkit.Context(t))
	var calls []grpc.ClientStream
	for range limit {
		call, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, echopb.Echo_Echo_FullMethodName)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, call)
	}
	await(t, srv, limit)
	if err := testkit.Echo(ctx, c, 1, 1); !errors.Is(err, echo.ErrRefused) {
		t.Errorf("Echo while %d calls have no message yet: error %v, want echo.ErrRefused", limit, err)
	}

	if err := errors.Join(calls[0].SendMsg(&payload.Payload{Id: 1}), calls[0].CloseSend()); err != nil {
		t.Fatal(err)
	}
	if err := calls[0].RecvMsg(new(payload.Payload)); err != nil {
		t.Fatal(err)
	}
	testkit.MustEcho(t, c, 1, 1)
	cancel()
	await(t, srv, 0)

	err := c.conn.Invoke(t.Context(), echopb.Echo_Echo_FullMethodName, []byte("\xff"), new(payload.Payload), rawCalls())
	if status.Code(err) != codes.Internal {
		t.Errorf("a call that is not a Payload: error %v, want one with code Internal", err)
	}
	await(t, srv, 0)
}

// await waits until n requests are in progress at srv.
func await(t *testing.T, srv *server, n int64) {
	t.Helper()
	var got int64
	for end := time.Now().Add(testkit.Hang); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got = srv.answers.gate.inProgress.Load(); got == n {
			return
		}
	}
	t.Fatalf("%d requests are in progress, want %d", got, n)
}

// Requests that wait for a processor are in progress, so that requests which arrive
// together on many streams are refused.
func TestRefuseCountsWaitingStreams(t *testing.T) {
	limit := 2 * runtime.GOMAXPROCS(0) // more than there are processors
	workers := 32 * limit
	tr := &Transport{RefuseAbove: limit, Stream: true}
	c := testkit.Start(t, tr)
	var running sync.WaitGroup
	refused := make(chan struct{}, 1)
	ctx := testkit.Context(t)
	for range workers {
		running.Go(func() {
			for len(refused) == 0 && ctx.Err() == nil {
				err := testkit.Echo(ctx, c, 1, 64)
				if err != nil && ctx.Err() == nil && !errors.Is(err, echo.ErrRefused) {
					t.Error(err)
					return
				}
				if errors.Is(err, echo.ErrRefused) {
					select {
					case refused <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	running.Wait()
	if len(refused) == 0 {
		t.Errorf("%d workers on %d streams: no request was refused with RefuseAbove %d", workers, workers, limit)
	}
}
