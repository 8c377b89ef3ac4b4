package echotest

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
	"go.uber.org/goleak"
)

// TestTransport checks that tr keeps the contract of [Transport], [Server] and
// [Client]. Call it from a test of tr's package, once for each set of options:
//
//	func TestConformance(t *testing.T) { echotest.TestTransport(t, &Transport{}) }
//
// A failure states the rule that was broken. A call that hangs fails its check,
// with every goroutine's stack, and the next check runs. What needs a TCP port
// to attack or to forward to is skipped, with the reason, for a transport that
// uses none. For the most of it, run it under the race detector. It looks for
// goroutines left behind, so nothing else may run in the process meanwhile: not
// in a parallel test.
func TestTransport(t *testing.T, tr echo.Transport) { testTransport(t, tr, 10*time.Second) }

// testTransport is TestTransport with a bound on every call.
func testTransport(t *testing.T, tr echo.Transport, hang time.Duration) {
	t.Helper()
	if err := contract.Describe(tr, 1).Unavailable; err != nil {
		t.Skipf("echobench: %s is not available: %v", tr.Name(), err)
	}
	k := &kit{T: t, tr: tr, hang: hang, before: goleak.IgnoreCurrent()}

	k.run("Name", "a name is one or more of a-z and 0-9, and always the same", (*kit).name)
	k.run("Describe", "a Description's numbers are not negative, Clients at most the workers, Settings one line", (*kit).description)

	k.run("Sizes", "data of every size from 0 through MaxSize comes back the same", (*kit).sizes)
	k.run("OverLimit", "data over MaxSize gets ErrTooLarge, and the client is as good as before", (*kit).overLimit)
	k.run("OverLimitUnsent", "data over MaxSize is not sent", (*kit).overLimitUnsent)
	k.run("Concurrent", "each of 64 concurrent callers gets the answer to its own request", (*kit).concurrent)
	k.run("IDs", "the reply's id is the request's", (*kit).ids)
	k.run("Timestamps", "the reply's timestamp is the server's clock, in nanoseconds since the Unix epoch", (*kit).timestamps)
	k.run("RequestUntouched", "Echo does not modify its request, nor the array behind its data", (*kit).requestUntouched)
	k.run("ReplyOwned", "a reply is the caller's: it shares no memory with the request or with a later reply", (*kit).replyOwned)
	k.run("ReplyReuse", "Echo overwrites every field of a reply that was used before", (*kit).replyReuse)

	k.run("Batch", "EchoBatch does for each message of a batch what Echo does", (*kit).batch)
	k.run("Pipeline", "a Pipeline answers each request once, rightly, in any order, until its Close or its context's end", (*kit).pipelines)
	k.run("PipelineClose", "a Pipeline's and its Client's Close end a Receive that waits", (*kit).pipelineCloses)

	k.run("DialNobody", "Dial where nobody listens fails, at the latest when its context ends", (*kit).dialNobody)
	k.run("DialCancelled", "Dial with a cancelled context fails", (*kit).dialCancelled)
	k.run("DialContext", "Dial's context bounds the dial only", (*kit).dialContext)
	k.run("ContextBefore", "Echo with a context that has ended gets the context's error", (*kit).contextBefore)
	k.run("CancelInFlight", "an Echo in flight whose context is cancelled returns context.Canceled; later ones never hang and never answer wrongly", (*kit).cancelInFlight)
	k.run("DeadlineInFlight", "an Echo in flight whose deadline passes returns context.DeadlineExceeded; later ones never hang and never answer wrongly", (*kit).deadlineInFlight)
	k.run("SilentServer", "Dial and Echo end with their contexts when the server accepts and never answers", (*kit).silentServer)

	k.run("CloseTwice", "Close returns nil, the second time too", (*kit).closeTwice)
	k.run("EchoAfterClose", "Echo after Close gets net.ErrClosed", (*kit).echoAfterClose)
	k.run("CloseInFlight", "a Client's Close ends its calls in flight with an error", (*kit).closeInFlight)
	k.run("ServerCloseIdle", "a Server's Close does not wait for clients to hang up, and nobody answers after it", (*kit).serverCloseIdle)
	k.run("ServerCloseInFlight", "a Server's Close ends calls in flight: they fail or are answered rightly", (*kit).serverCloseInFlight)
	k.run("ServerCloseStalled", "a Server's Close does not wait for a network that is stuck, and Echo's context still counts", (*kit).serverCloseStalled)
	k.run("ServerRestart", "after Close, Listen on the same address works at once, for new clients; old ones work or fail", (*kit).serverRestart)

	k.run("Loopback", "an empty address or host is the IPv4 loopback address, port 0 a free port", (*kit).loopback)
	k.run("AddressInUse", "Listen on an address in use fails", (*kit).addressInUse)
	k.run("BadAddress", "Listen on what is no host:port fails", (*kit).badAddress)
	k.run("Garbage", "bytes that are no request harm nobody but who sent them, and make the server allocate no more than its limit", (*kit).garbage)

	k.run("NoGoroutineLeft", "no goroutine outlives its Client's and its Server's Close", (*kit).noGoroutineLeft)
}

// A kit is one run of TestTransport or, with T that of a subtest, of one check.
type kit struct {
	*testing.T
	tr     echo.Transport
	hang   time.Duration // how long a call may take before it counts as a hang
	before goleak.Option // the goroutines that TestTransport found
}

// run runs one check. Its failure repeats the rule.
func (k *kit) run(name, rule string, check func(*kit)) {
	k.Run(name, func(t *testing.T) {
		t.Cleanup(func() { // after all that the check cleans up
			if t.Failed() {
				t.Logf("the rule: %s", rule)
			}
		})
		check(k.with(t))
	})
}

func (k *kit) with(t *testing.T) *kit {
	return &kit{T: t, tr: k.tr, hang: k.hang, before: k.before}
}

// within calls f, which what names, and returns its error. A hang ends the
// check; f's goroutine is then left behind, as there is no way to end it.
func (k *kit) within(what string, f func() error) error {
	k.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(k.hang)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		k.Fatalf("%s: no return within %v; the goroutines:\n\n%s", what, k.hang, stacks)
		return nil // not reached
	}
}

// patient is a context for calls that should succeed. It ends before they count
// as a hang, so that the transport can say what it was waiting for.
func (k *kit) patient() context.Context { return k.timeout(k.hang * 3 / 4) }

// brief is a context for calls that may succeed or fail: after an error, say.
func (k *kit) brief() context.Context { return k.timeout(min(time.Second, k.hang/2)) }

// doomed is a context for calls that can't succeed.
func (k *kit) doomed() context.Context { return k.timeout(50 * time.Millisecond) }

func (k *kit) timeout(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	k.Cleanup(cancel)
	return ctx
}

// listen starts a server for the time of the check.
func (k *kit) listen() echo.Server {
	k.Helper()
	srv, err := k.tryListen("")
	if err != nil {
		k.Fatalf("Listen: %v", err)
	}
	return srv
}

func (k *kit) tryListen(addr string) (srv echo.Server, err error) {
	k.Helper()
	err = k.within("Listen", func() (err error) { srv, err = k.tr.Listen(addr); return })
	if err == nil {
		k.Cleanup(func() { k.closeServer(srv) })
	}
	return srv, err
}

// dial connects a client for the time of the check.
func (k *kit) dial(addr string) echo.Client {
	k.Helper()
	c, err := k.tryDial(k.patient(), addr)
	if err != nil {
		k.Fatalf("Dial: %v", err)
	}
	return c
}

func (k *kit) tryDial(ctx context.Context, addr string) (c echo.Client, err error) {
	k.Helper()
	err = k.within("Dial", func() (err error) { c, err = k.tr.Dial(ctx, addr); return })
	if err == nil {
		k.Cleanup(func() { k.closeClient(c) })
	}
	return c, err
}

func (k *kit) closeServer(srv echo.Server) error {
	k.Helper()
	return k.within("a Server's Close", srv.Close)
}

func (k *kit) closeClient(c echo.Client) error {
	k.Helper()
	return k.within("a Client's Close", c.Close)
}

// echo is c.Echo, bounded.
func (k *kit) echo(ctx context.Context, c echo.Client, req, reply *payload.Payload) error {
	k.Helper()
	return k.within("Echo", func() error { return c.Echo(ctx, req, reply) })
}

// mustEcho makes a call that must be answered, and rightly.
func (k *kit) mustEcho(c echo.Client, req *payload.Payload) {
	k.Helper()
	k.mustEchoInto(c, req, new(payload.Payload))
}

func (k *kit) mustEchoInto(c echo.Client, req, reply *payload.Payload) {
	k.Helper()
	if err := k.echo(k.patient(), c, req, reply); err != nil {
		k.Fatalf("Echo of %d bytes: %v", len(req.Data), err)
	}
	if err := answers(req, reply); err != nil {
		k.Fatal(err)
	}
}

// mayEcho makes a call that may fail, but not hang or be answered wrongly.
func (k *kit) mayEcho(c echo.Client) {
	k.Helper()
	req, reply := k.request(16), new(payload.Payload)
	if err := k.echo(k.brief(), c, req, reply); err != nil {
		return
	}
	if err := answers(req, reply); err != nil {
		k.Errorf("Echo, where an error would be allowed: %v", err)
	}
}

// A call runs in a goroutine of its own.
type call struct {
	req, reply *payload.Payload
	done       chan error
}

// start starts an Echo.
func (k *kit) start(ctx context.Context, c echo.Client, size int) *call {
	call := &call{k.request(size), new(payload.Payload), make(chan error, 1)}
	go func() { call.done <- c.Echo(ctx, call.req, call.reply) }()
	return call
}

// result waits for the call's error; what says which call it is.
func (k *kit) result(what string, call *call) error {
	k.Helper()
	return k.within(what, func() error { return <-call.done })
}

// proxied starts a server behind a proxy, with a client that has echoed through
// it, for the time of the check. It skips the check if the transport does not
// send its bytes to the TCP port that it is given.
func (k *kit) proxied() (echo.Server, *proxy.Proxy, echo.Client) {
	k.Helper()
	srv := k.listen()
	p, err := proxy.Start(srv.Addr())
	if err != nil {
		k.Fatal(err)
	}
	k.Cleanup(func() { p.Close() })
	c, err := k.tryDial(k.patient(), p.Addr())
	if err != nil {
		k.Skipf("needs a transport over TCP, and Dial to a TCP proxy in front of %s failed: %v", srv.Addr(), err)
	}
	k.mustEcho(c, k.request(16))
	if p.Sent() == 0 {
		k.Skip("needs a transport over TCP, and an Echo sent nothing to the TCP port that was dialed")
	}
	return srv, p, c
}

// stalled is proxied, with calls in flight that will get no further.
func (k *kit) stalled(ctx context.Context, calls int) (echo.Server, *proxy.Proxy, echo.Client, []*call) {
	k.Helper()
	srv, p, c := k.proxied()
	p.Hold()
	before := p.Sent()
	started := make([]*call, calls)
	for i := range started {
		started[i] = k.start(ctx, c, 4096)
	}
	// One of them is on its way; a shared connection may take one at a time.
	if err := p.AwaitSent(k.brief(), before+len(started[0].req.Data)); err != nil {
		k.Logf("the calls in flight are so before their request was sent: %v", err)
	}
	return srv, p, c, started
}

// maxSize is the largest size worth a try: MaxSize, but at most 64 MiB, or 1 MiB
// if the transport names none.
func (k *kit) maxSize() int {
	limit := int(contract.Describe(k.tr, 1).MaxSize)
	if limit == 0 {
		return 1 << 20
	}
	return min(limit, 64<<20)
}

var requests atomic.Uint64

// request returns a request like no other, with size bytes of data or as many
// as the transport carries.
func (k *kit) request(size int) *payload.Payload {
	id := requests.Add(1)
	return &payload.Payload{Id: id, Data: payload.Body(min(size, k.maxSize()), id), Timestamp: 1}
}

// answers checks every field of a reply.
func answers(req, reply *payload.Payload) error {
	if err := contract.Verify(req, reply, true); err != nil {
		return err
	}
	if reply.Timestamp == req.Timestamp {
		return fmt.Errorf("wrong reply: its timestamp is the request's, %d", req.Timestamp)
	}
	// Clocks may be set, but hardly by more than an hour.
	if age := time.Since(time.Unix(0, reply.Timestamp)); age.Abs() > time.Hour {
		return fmt.Errorf("wrong reply: timestamp %d is not within an hour of now, %d", reply.Timestamp, time.Now().UnixNano())
	}
	return nil
}

func (k *kit) noGoroutineLeft() {
	srv := k.listen()
	for range 4 {
		c := k.dial(srv.Addr())
		k.mustEcho(c, k.request(16))
		k.closeClient(c)
	}
	k.closeServer(srv)
	var err error
	for range 3 { // each tries for about half a second
		if err = goleak.Find(k.before); err == nil {
			return
		}
	}
	k.Error(err)
}
