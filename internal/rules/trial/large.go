package trial

import (
	"context"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/payload"
)

// largeInFlight makes calls with so much data that it does not fit the buffers of
// the kernel, to a peer that has stopped reading.
func largeInFlight(t *Trial) {
	t.NeedProxy()
	large := large{Trial: t, callers: 2, data: payload.Body(min(t.MaxSize(), 4<<20), 1)}
	if contract.Describe(t.Transport, 6).Clients < 6 {
		large.callers = 6 // because they share a connection, and wait for each other
	}
	large.untilDeadline()
	if !t.Quick {
		large.untilClose()
		large.replies()
	}
}

// A large is a trial of calls that share their data.
type large struct {
	*Trial
	callers int
	data    []byte
}

// A crowd is several clients that are connected to a server through a proxy.
type crowd struct {
	server  echo.Server
	proxy   Proxy
	clients []echo.Client
	callers int
}

// crowd connects the clients that the given number of callers use. Each client has
// carried an Echo.
func (t *Trial) crowd(callers int) crowd {
	t.Helper()
	srv := t.Listen()
	p := t.StartProxy(srv.Addr())
	g := crowd{server: srv, proxy: p, clients: t.DialAll(p.Addr(), callers), callers: callers}
	for _, c := range g.clients {
		t.MustEcho(c, t.Request(16))
	}
	return g
}

// start starts a call with the data for each caller.
func (t large) start(ctx context.Context, g crowd) []*Call {
	calls := make([]*Call, g.callers)
	for i := range calls {
		req := &payload.Payload{Id: requests.Add(1), Data: t.data, Timestamp: 1}
		calls[i] = t.startCall(ctx, g.clients[i%len(g.clients)], req)
	}
	return calls
}

// untilDeadline lets the deadline of the calls pass.
func (t large) untilDeadline() {
	t.Helper()
	g := t.crowd(t.callers)
	g.proxy.Stop()
	ctx := t.ExpiringContext()
	calls := t.start(ctx, g)
	<-ctx.Done()
	t.returnInTime(calls, "the deadline of its context", time.Now())
	g.proxy.Resume()
	t.MayEcho(g.clients[0])
}

// untilClose closes the clients during the calls.
func (t large) untilClose() {
	t.Helper()
	g := t.crowd(t.callers)
	g.proxy.Stop()
	calls := t.start(context.Background(), g)
	time.Sleep(20 * time.Millisecond) // so that most of them are sending
	for _, c := range g.clients {
		t.CloseClient(c)
	}
	t.returnInTime(calls, "the Close of its Client", time.Now())
}

// replies closes the server while it sends answers that nobody reads.
func (t large) replies() {
	t.Helper()
	g := t.crowd(t.callers)
	g.proxy.StopReplies()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calls := t.start(ctx, g)
	time.Sleep(20 * time.Millisecond) // so that the server answers some of them
	t.CloseServer(g.server)
	cancel()
	t.returnInTime(calls, "the Close of the Server and the cancellation of its context", time.Now())
}

// returnInTime checks that calls return with an error soon after an event. A call
// may have ended before it.
func (t large) returnInTime(calls []*Call, event string, at time.Time) {
	t.Helper()
	late, unnoticed := 0, 0
	allowed := Late
	for _, call := range calls {
		err := t.WaitCall("Echo of large data to a peer that does not read, after "+event, call)
		if err == nil && call.Returned.After(at) {
			unnoticed++
		}
		if call.Returned.Sub(at) <= Late {
			continue
		}
		if allowed == Late { // only now, because most transports need not be measured
			allowed += t.encoding()
		}
		if call.Returned.Sub(at) > allowed {
			late++
		}
	}
	if late > 0 || unnoticed > 0 {
		t.Errorf("%d concurrent Echos of %d bytes to a peer that does not read: %d returned more than %v after %s, and %d returned without an error",
			len(calls), len(t.data), late, allowed.Round(time.Millisecond), event, unnoticed)
	}
}

// encoding returns how long the callers may take to encode, and perhaps compress,
// what they send, since a transport need not look at the context meanwhile.
func (t large) encoding() time.Duration {
	t.Helper()
	begin := time.Now()
	t.MustEcho(t.Dial(t.Listen().Addr()), &payload.Payload{Id: 1, Data: t.data, Timestamp: 1})
	return 2 * time.Duration(t.callers) * time.Since(begin)
}
