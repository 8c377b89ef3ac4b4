package trial

import (
	"context"
	"errors"
	"time"

	"github.com/echobench/echobench/payload"
)

// contextErrors makes calls whose contexts do not end, and ends them in other ways.
func contextErrors(t *Trial) {
	t.NeedProxy()
	sizes := []int{16, 256 << 10}
	if t.Quick {
		sizes = sizes[:1]
	}
	for _, size := range sizes {
		var cancelled []*Call
		for _, c := range causes {
			cancelled = append(cancelled, t.endBy(c, size)...)
		}
		for _, call := range cancelled {
			t.WaitCall("Echo after the end of its context", call)
		}
	}
	c := t.Dial(t.Listen().Addr())
	t.CloseClient(c)
	t.checkCause("the Close of its Client", t.Echo(context.Background(), c, t.Request(16), new(payload.Payload)))
}

// A cause is an event that may end the calls of a crowd, although their contexts
// have not ended.
type cause struct {
	event  string
	happen func(*Trial, unanswered)
}

var causes = []cause{
	{"the end of its connection", func(_ *Trial, u unanswered) { u.proxy.Cut() }},
	{"the Close of the Server", func(t *Trial, u unanswered) {
		u.proxy.Release()
		t.CloseServer(u.server)
	}},
	{"the cancellation of another call", func(t *Trial, u unanswered) {
		ctx, cancel := context.WithCancel(context.Background())
		call := t.StartCall(ctx, u.clients[0], len(u.calls[0].Req.Data))
		time.Sleep(time.Millisecond)
		cancel()
		t.WaitCall("Echo without a reply, after the end of its context", call)
	}},
	{"the Close of its Client", func(t *Trial, u unanswered) {
		for _, c := range u.clients {
			t.CloseClient(c)
		}
	}},
}

// endBy starts calls, lets the cause happen, and checks the errors of the calls that
// have ended. It cancels the other calls and returns them without waiting for them,
// because some transports take a while to notice a cancellation.
func (t *Trial) endBy(c cause, size int) (cancelled []*Call) {
	t.Helper()
	u := t.unanswered(size)
	defer u.cancel()
	begin := time.Now()
	c.happen(t, u)
	time.Sleep(t.reactionTime(20*time.Millisecond, begin)) // calls that the cause ends have ended then
	for _, call := range u.calls {
		select {
		case err := <-call.done:
			t.checkCause(c.event, err)
		default:
			cancelled = append(cancelled, call)
		}
	}
	return cancelled
}

// An unanswered is a crowd in which a call of each caller is in flight, and no call is
// answered.
type unanswered struct {
	crowd
	calls  []*Call
	cancel func() // ends the contexts of the calls
}

// unanswered returns a crowd whose callers have started calls of size bytes.
func (t *Trial) unanswered(size int) unanswered {
	t.Helper()
	g := t.crowd(3)
	ctx, cancel := context.WithCancel(context.Background())
	u := unanswered{crowd: g, cancel: cancel}
	u.proxy.Hold()
	before := u.proxy.Sent()
	for i := range u.callers {
		u.calls = append(u.calls, t.StartCall(ctx, u.clients[i%len(u.clients)], size))
	}
	u.proxy.AwaitSent(t.ShortContext(), before+1)
	return u
}

// checkCause checks the error of a call whose context has not ended.
func (t *Trial) checkCause(event string, err error) {
	t.Helper()
	for _, wrong := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, wrong) {
			t.Errorf("Echo that ended because of %s: error %v matches %v, although the context of the call has not ended", event, err, wrong)
		}
	}
}
