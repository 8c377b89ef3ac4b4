package rest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// waitingCalls returns how many calls wait.
func (l *sendLimit) waitingCalls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// awaitWaiting waits until n calls wait.
func awaitWaiting(t *testing.T, l *sendLimit, n int) {
	t.Helper()
	for end := time.Now().Add(testkit.Hang); l.waitingCalls() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d calls wait, want %d", l.waitingCalls(), n)
		}
	}
}

// Calls wait in the order in which they came, however small they are.
func TestSendLimitOrder(t *testing.T) {
	l := &sendLimit{free: 10}
	if err := l.acquire(t.Context(), 8); err != nil {
		t.Fatal(err)
	}
	admitted := make(chan int64, 3)
	for i, n := range []int64{10, 1, 2} {
		go func() {
			if l.acquire(context.Background(), n) == nil {
				admitted <- n
			}
		}()
		awaitWaiting(t, l, i+1)
	}
	if len(admitted) != 0 {
		t.Error("a call did not wait for those before it")
	}
	l.release(8)
	if n := testkit.Receive(t, "the first call", admitted); n != 10 || len(admitted) != 0 {
		t.Errorf("the call of %d bytes was admitted first and %d with it, want that of 10 alone", n, len(admitted))
	}
	l.release(10)
	testkit.Receive(t, "the second call", admitted)
	testkit.Receive(t, "the third call", admitted)
	l.release(3)
	if l.free != 10 {
		t.Errorf("%d bytes are free after all calls, want 10", l.free)
	}
}

// A call whose context ends while it waits lets the calls behind it go on.
func TestSendLimitCancel(t *testing.T) {
	l := &sendLimit{free: 10}
	if err := l.acquire(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	large, small := make(chan error, 1), make(chan error, 1)
	go func() { large <- l.acquire(ctx, 10) }()
	awaitWaiting(t, l, 1)
	go func() { small <- l.acquire(context.Background(), 5) }()
	awaitWaiting(t, l, 2)
	cancel()
	if err := testkit.Receive(t, "the cancelled call", large); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: error %v, want context.Canceled", err)
	}
	if err := testkit.Receive(t, "the call behind it", small); err != nil {
		t.Error(err)
	}
	l.release(5)
	l.release(5)
	if l.free != 10 {
		t.Errorf("%d bytes are free after all calls, want 10", l.free)
	}
}

// Calls that together exceed what a server accepts on a connection wait, and are not
// refused. A call that waits ends with its context and with its Client.
func TestLargeCallsWait(t *testing.T) {
	const calls, size = 12, 4 << 20 // more than are in flight at a time
	for _, mode := range modes {
		if !mode.tr.HTTP2 {
			continue
		}
		t.Run(mode.name, func(t *testing.T) {
			c, p := testkit.StartProxied(t, &mode.tr)
			done := make(chan error, calls)
			for id := range uint64(calls) {
				go func() { done <- testkit.Echo(context.Background(), c, id, size) }()
			}
			for range calls {
				if err := testkit.Receive(t, "a large Echo", done); err != nil {
					t.Fatal(err)
				}
			}
			p.Hold()
			req := &payload.Payload{Data: make([]byte, size)}
			inFlight := sendMost / payload.EncodedLen(req)
			ctx, cancel := context.WithCancel(t.Context())
			for range calls {
				go func() { done <- c.Echo(ctx, req, new(payload.Payload)) }()
			}
			awaitWaiting(t, c.(*client).sending, calls-inFlight)
			cancel()
			for range calls {
				if err := testkit.Receive(t, "a cancelled Echo", done); !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want context.Canceled", err)
				}
			}
			p.Release()
		})
	}
}

// A request that is longer than what a Client usually has in flight is sent by itself.
func TestVeryLargeCall(t *testing.T) {
	const size = sendMost + 1<<20
	c := testkit.Start(t, &Transport{HTTP2: true, MaxSize: size})
	for id := range uint64(2) {
		testkit.MustEcho(t, c, id, size)
	}
	if err := testkit.Echo(t.Context(), c, 3, size+1); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("one byte more: error %v, want echo.ErrTooLarge", err)
	}
}
