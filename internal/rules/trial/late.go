package trial

import (
	"context"
	"errors"
	"time"

	"github.com/echobench/echobench/echo"
)

// Late is how long after the end of its context a call may return.
const Late = 2 * time.Second

// cancelInFlight cancels calls that are not answered.
func cancelInFlight(t *Trial) {
	t.endInFlight(context.Canceled, func() (context.Context, func()) { return context.WithCancel(context.Background()) })
}

// deadlineInFlight lets the deadline of calls pass that are not answered.
func deadlineInFlight(t *Trial) {
	t.endInFlight(context.DeadlineExceeded, func() (context.Context, func()) {
		ctx := t.ExpiringContext()
		return ctx, func() { <-ctx.Done() }
	})
}

// endInFlight starts a call with a context that begin returns, ends that context,
// and checks that the call returns with the error want: on a new client, and on one
// that has made many calls.
func (t *Trial) endInFlight(want error, begin func() (ctx context.Context, end func())) {
	t.Helper()
	earlier := []int{0, 200}
	if t.Quick {
		earlier = []int{0}
	}
	for _, n := range earlier {
		l := t.Proxied()
		for range n {
			t.MustEcho(l.Client, t.Request(16))
		}
		ctx, end := begin()
		call := t.Stall(ctx, l, 1)[0]
		end()
		t.EndsWith(want, call, time.Now())
		l.Proxy.Release()
		for range 3 {
			t.MayEcho(l.Client)
		}
	}
}

// EndsWith checks that a call without a reply, whose context has ended at the
// given time, returns in time and with the error of its context.
func (t *Trial) EndsWith(want error, call *Call, ended time.Time) {
	t.Helper()
	err := t.WaitCall("Echo without a reply, after the end of its context", call)
	if !errors.Is(err, want) {
		t.Errorf("Echo of %d bytes without a reply: error %v, want one that matches %v", len(call.Req.Data), err, want)
	}
	if late := call.Returned.Sub(ended); late > Late {
		t.Errorf("Echo of %d bytes without a reply returned %v after the end of its context, want %v at most", len(call.Req.Data), late.Round(time.Millisecond), Late)
	}
	clear(call.Req.Data) // the race detector reports a transport that still reads it
}

// DialWithin is TryDial for a Dial that may fail, but that must return soon after
// ctx, which has a deadline, has ended.
func (t *Trial) DialWithin(ctx context.Context, addr string) (echo.Client, error) {
	t.Helper()
	c, err := t.TryDial(ctx, addr)
	ended, _ := ctx.Deadline()
	if late := time.Since(ended); late > Late {
		t.Errorf("Dial returned %v after the end of its context, want %v at most", late.Round(time.Millisecond), Late)
	}
	return c, err
}
