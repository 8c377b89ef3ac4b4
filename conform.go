package echobench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echobench/echobench/payload"
	"go.uber.org/goleak"
)

// TestTransport checks that tr keeps the contract of [Transport], [Server] and
// [Client]. It is meant to be called from a test of tr's package, once for each
// set of options:
//
//	func TestConformance(t *testing.T) { echobench.TestTransport(t, &Transport{}) }
//
// A failure states the rule that was broken. A call that hangs fails its check,
// with every goroutine's stack, and the next check runs. What needs a TCP port
// to attack or to forward to is skipped for a transport whose address is none.
// Nothing else may start goroutines meanwhile: don't call it from a parallel
// test.
func TestTransport(t *testing.T, tr Transport) {
	testTransport(t, tr, 10*time.Second)
}

// testTransport is TestTransport with a bound on every call.
func testTransport(t *testing.T, tr Transport, hang time.Duration) {
	if err := describe(tr, 1).Unavailable; err != nil {
		t.Skipf("echobench: %s is not available: %v", tr.Name(), err)
	}
	k := &kit{tr: tr, hang: hang, before: goleak.IgnoreCurrent()}
	k.run(t, "Name", "the name is one or more of a-z and 0-9, at every call the same", k.name)
	k.run(t, "Describe", "a description fits in its bounds and on one line", k.description)
	k.run(t, "Sizes", "data of every size from 0 through MaxSize comes back the same", k.sizes)
	k.run(t, "OverLimit", "data over MaxSize gets ErrTooLarge, is not sent, and leaves the client as good as before", k.overLimit)
	k.run(t, "Concurrent", "each of 64 concurrent callers gets the answer to its own request", k.concurrent)
	k.run(t, "IDs", "the reply's id is the request's", k.ids)
	k.run(t, "Timestamps", "the reply's timestamp is the server's clock in nanoseconds since the Unix epoch", k.timestamps)
	k.run(t, "EchoAfterClose", "Echo after Close gets net.ErrClosed", k.echoAfterClose)
	k.run(t, "CloseTwice", "Close returns nil, the second time too", k.closeTwice)
	k.run(t, "NoGoroutineLeft", "no goroutine outlives its Client's and its Server's Close", k.noGoroutineLeft)
}

func (k *kit) name(t *testing.T) {
	name := k.tr.Name()
	if !regexp.MustCompile(`^[a-z0-9]+$`).MatchString(name) {
		t.Errorf("Name() = %q", name)
	}
	if again := k.tr.Name(); again != name {
		t.Errorf("Name() = %q, and then %q", name, again)
	}
}

func (k *kit) description(t *testing.T) {
	tr, ok := k.tr.(Describer)
	if !ok {
		t.Skip("the transport is no Describer")
	}
	for _, workers := range []int{1, 2, 64, 500} {
		d := tr.Describe(workers)
		if d.Clients < 0 || d.Clients > workers {
			t.Errorf("Describe(%d).Clients = %d; want 0 to %d", workers, d.Clients, workers)
		}
		if d.Files < 0 {
			t.Errorf("Describe(%d).Files = %d; want 0 or more", workers, d.Files)
		}
		if d.MaxSize < 0 {
			t.Errorf("Describe(%d).MaxSize = %d; want 0 or more", workers, d.MaxSize)
		}
		if strings.ContainsAny(d.Settings, "\r\n") {
			t.Errorf("Describe(%d).Settings = %q; want one line", workers, d.Settings)
		}
	}
}

func (k *kit) sizes(t *testing.T) {
	c := k.dial(t, k.listen(t).Addr())
	for _, size := range sizesThrough(k.maxSize()) {
		k.mustEcho(t, c, newRequest(size))
	}
}

// sizesThrough is 0, 1, the powers of two with their neighbours, and most.
func sizesThrough(most int) []int {
	sizes := []int{0}
	for n := 1; n <= most; n *= 2 {
		for _, size := range []int{n - 1, n, n + 1} {
			if size > sizes[len(sizes)-1] && size < most {
				sizes = append(sizes, size)
			}
		}
	}
	return append(sizes, most)
}

func (k *kit) overLimit(t *testing.T) {
	limit := describe(k.tr, 1).MaxSize
	if limit == 0 {
		t.Skip("the transport names no limit")
	}
	c := k.dial(t, k.listen(t).Addr())
	var reply payload.Payload
	if err := k.echo(t, c, k.patient(t), newRequest(int(limit)+1), &reply); !errors.Is(err, ErrTooLarge) {
		t.Errorf("Echo of %d bytes with a limit of %d: error %v; want one that matches ErrTooLarge", limit+1, limit, err)
	}
	k.mustEcho(t, c, newRequest(min(int(limit), 64)))
}

func (k *kit) concurrent(t *testing.T) {
	const callers = 64
	addr := k.listen(t).Addr()
	clients := make([]Client, describe(k.tr, callers).Clients)
	for i := range clients {
		clients[i] = k.dial(t, addr)
	}
	most, ctx := min(k.maxSize(), 8<<10), k.patient(t)
	errs := make(chan error, callers)
	start := make(chan struct{})
	for i := range callers {
		go func() {
			<-start
			var err error
			for n := 0; n < 20 && err == nil; n++ {
				req := newRequest((i*977 + n*131) % (most + 1))
				var reply payload.Payload
				if err = clients[i%len(clients)].Echo(ctx, req, &reply); err == nil {
					err = answers(&reply, req)
				}
			}
			errs <- err
		}()
	}
	close(start)
	for range callers {
		k.within(t, "Echo by one of 64 callers", func() error {
			if err := <-errs; err != nil {
				t.Error(err)
			}
			return nil
		})
	}
}

func (k *kit) ids(t *testing.T) {
	c := k.dial(t, k.listen(t).Addr())
	for _, id := range []uint64{1, 0, 1<<64 - 1, 0, 1 << 63, 1<<32 + 1, 1} {
		req := newRequest(16)
		req.Id = id
		k.mustEcho(t, c, req)
	}
}

func (k *kit) timestamps(t *testing.T) {
	c := k.dial(t, k.listen(t).Addr())
	for _, sent := range []int64{0, 1, -1, 1<<63 - 1, -1 << 63} {
		req := newRequest(16)
		req.Timestamp = sent
		k.mustEcho(t, c, req)
	}
}

func (k *kit) echoAfterClose(t *testing.T) {
	c := k.dial(t, k.listen(t).Addr())
	k.mustEcho(t, c, newRequest(16))
	k.within(t, "Close", c.Close)
	for range 2 {
		var reply payload.Payload
		if err := k.echo(t, c, k.patient(t), newRequest(16), &reply); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Echo after Close: error %v; want one that matches net.ErrClosed", err)
		}
	}
}

func (k *kit) closeTwice(t *testing.T) {
	srv := k.listen(t)
	c := k.dial(t, srv.Addr())
	for _, call := range []string{"first", "second"} {
		if err := k.within(t, call+" Close of a Client", c.Close); err != nil {
			t.Errorf("%s Close of a Client: %v", call, err)
		}
	}
	for _, call := range []string{"first", "second"} {
		if err := k.within(t, call+" Close of a Server", srv.Close); err != nil {
			t.Errorf("%s Close of a Server: %v", call, err)
		}
	}
}

func (k *kit) noGoroutineLeft(t *testing.T) {
	if err := goleak.Find(k.before); err != nil {
		t.Error(err)
	}
}

// A kit is one run of TestTransport.
type kit struct {
	tr     Transport
	hang   time.Duration // how long any call may take before it counts as a hang
	before goleak.Option
}

// run runs one check; its failure repeats the rule.
func (k *kit) run(t *testing.T, name, rule string, check func(*testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the rule: %s", rule)
			}
		})
		check(t)
	})
}

// within calls f, which what names, and returns its error. A hang ends the
// check; f's goroutine is then left behind, as there is no way to end it.
func (k *kit) within(t *testing.T, what string, f func() error) error {
	t.Helper()
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
		t.Fatalf("%s: no return within %v. Goroutines:\n\n%s", what, k.hang, stacks)
		panic("unreachable")
	}
}

// listen starts a server for the time of the check.
func (k *kit) listen(t *testing.T) Server {
	t.Helper()
	var srv Server
	err := k.within(t, "Listen", func() (err error) { srv, err = k.tr.Listen(""); return })
	if err != nil {
		t.Fatalf("Listen: %v", err)
	}
	t.Cleanup(func() { k.within(t, "Close of a Server", srv.Close) })
	return srv
}

// dial connects a client for the time of the check.
func (k *kit) dial(t *testing.T, addr string) Client {
	t.Helper()
	var c Client
	err := k.within(t, "Dial", func() (err error) { c, err = k.tr.Dial(k.patient(t), addr); return })
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(func() { k.within(t, "Close of a Client", c.Close) })
	return c
}

// echo is c.Echo, bounded.
func (k *kit) echo(t *testing.T, c Client, ctx context.Context, req, reply *payload.Payload) error {
	t.Helper()
	return k.within(t, "Echo", func() error { return c.Echo(ctx, req, reply) })
}

// mustEcho makes a call that must succeed with the right answer.
func (k *kit) mustEcho(t *testing.T, c Client, req *payload.Payload) {
	t.Helper()
	var reply payload.Payload
	if err := k.echo(t, c, k.patient(t), req, &reply); err != nil {
		t.Fatalf("Echo of %d bytes: %v", len(req.Data), err)
	}
	if err := answers(&reply, req); err != nil {
		t.Fatal(err)
	}
}

// patient is a context for calls that should succeed: it ends before they count
// as a hang, so that the transport can say what it waited for.
func (k *kit) patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), k.hang*3/4)
	t.Cleanup(cancel)
	return ctx
}

// maxSize is the largest size worth a try.
func (k *kit) maxSize() int {
	const unknown, most = 1 << 20, 64 << 20
	limit := int(describe(k.tr, 1).MaxSize)
	if limit == 0 {
		return unknown
	}
	return min(limit, most)
}

var lastID atomic.Uint64

func newRequest(size int) *payload.Payload {
	id := lastID.Add(1)
	return &payload.Payload{Id: id, Data: payload.Body(size, id), Timestamp: 1}
}

// answers checks every field of a reply.
func answers(reply, req *payload.Payload) error {
	now := time.Now()
	got := time.Unix(0, reply.Timestamp)
	switch {
	case reply.Id != req.Id:
		return fmt.Errorf("the reply to id %d has id %d", req.Id, reply.Id)
	case len(reply.Data) != len(req.Data):
		return fmt.Errorf("the reply to %d bytes has %d bytes", len(req.Data), len(reply.Data))
	case !bytes.Equal(reply.Data, req.Data):
		return fmt.Errorf("the reply to %d bytes has other bytes", len(req.Data))
	case reply.Timestamp == req.Timestamp:
		return fmt.Errorf("the reply has the request's timestamp, %d", req.Timestamp)
	case got.Before(now.Add(-time.Hour)) || got.After(now.Add(time.Hour)):
		return fmt.Errorf("the reply's timestamp is %d, which is not within an hour of now, %d", reply.Timestamp, now.UnixNano())
	}
	return nil
}
