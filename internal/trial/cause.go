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
		t.causeOf(size, "the Close of its Client", func(g crowd) {
			for _, c := range g.clients {
				t.CloseClient(c)
			}
		})
		t.causeOf(size, "the end of its connection", func(g crowd) { g.proxy.Cut() })
		t.causeOf(size, "the Close of the Server", func(g crowd) {
			g.proxy.Release()
			t.CloseServer(g.server)
		})
		t.causeOf(size, "the cancellation of another call", func(g crowd) {
			ctx, cancel := context.WithCancel(context.Background())
			call := t.StartCall(ctx, g.clients[0], size)
			time.Sleep(time.Millisecond)
			cancel()
			t.WaitCall("Echo without an answer, after the end of its context", call)
		})
	}
	c := t.Dial(t.Listen().Addr())
	t.CloseClient(c)
	t.checkCause("the Close of its Client", t.Echo(context.Background(), c, t.Request(16), new(payload.Payload)))
}

// causeOf starts calls that are not answered, ends them by an event, and checks
// their errors. A call that continues after the event is cancelled.
func (t *Trial) causeOf(size int, event string, happen func(crowd)) {
	t.Helper()
	g := t.crowd(3)
	g.proxy.Hold()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := g.proxy.Sent()
	var calls []*Call
	for i := range g.callers {
		calls = append(calls, t.StartCall(ctx, g.clients[i%len(g.clients)], size))
	}
	g.proxy.AwaitSent(t.ShortContext(), before+1)
	happen(g)
	time.Sleep(t.quickly(20*time.Millisecond, 2*time.Millisecond)) // calls that the event ends have ended then
	var others []*Call
	for _, call := range calls {
		select {
		case err := <-call.done:
			t.checkCause(event, err)
		default:
			others = append(others, call)
		}
	}
	cancel()
	for _, call := range others {
		t.WaitCall("Echo after the end of its context", call)
	}
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
