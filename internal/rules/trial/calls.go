package trial

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/payload"
)

var requests atomic.Uint64

// Request returns a new request with an id and data that no other request has.
// It has size bytes of data, or MaxSize if that is less.
func (t *Trial) Request(size int) *payload.Payload {
	id := requests.Add(1)
	return &payload.Payload{Id: id, Data: payload.Body(min(size, t.MaxSize()), id), Timestamp: 1}
}

// CheckReply checks the id and every byte of a reply. It ignores the timestamp, which
// the rule Timestamps is about, so that a server without a clock breaks only that rule.
func CheckReply(req, reply *payload.Payload) error {
	return contract.Verify(req, &payload.Payload{Id: reply.Id, Data: reply.Data, Timestamp: 1}, true)
}

// Echo calls c.Echo, and fails the check if it hangs.
func (t *Trial) Echo(ctx context.Context, c echo.Client, req, reply *payload.Payload) error {
	t.Helper()
	return t.Within("Echo", func() error { return c.Echo(ctx, req, reply) })
}

// MustEcho makes a call that must return the correct answer.
func (t *Trial) MustEcho(c echo.Client, req *payload.Payload) {
	t.Helper()
	t.MustEchoInto(c, req, new(payload.Payload))
}

// MustEchoInto is MustEcho with a reply that may have been used before.
func (t *Trial) MustEchoInto(c echo.Client, req, reply *payload.Payload) {
	t.Helper()
	if err := t.Echo(t.LongContext(), c, req, reply); err != nil {
		t.Fatalf("Echo of %d bytes: %v", len(req.Data), err)
	}
	if err := CheckReply(req, reply); err != nil {
		t.Fatal(err)
	}
}

// MayEcho makes a call that may fail, but that must not hang or return a wrong
// answer.
func (t *Trial) MayEcho(c echo.Client) {
	t.Helper()
	req, reply := t.Request(16), new(payload.Payload)
	if err := t.Echo(t.ShortContext(), c, req, reply); err != nil {
		return
	}
	if err := CheckReply(req, reply); err != nil {
		t.Errorf("Echo returned a wrong reply, want the correct one or an error: %v", err)
	}
}

// A Call is an Echo that runs in its own goroutine.
type Call struct {
	Req, Reply *payload.Payload
	Returned   time.Time // valid after WaitCall
	done       chan error
}

// StartCall calls c.Echo in a new goroutine, with a request of size bytes.
func (t *Trial) StartCall(ctx context.Context, c echo.Client, size int) *Call {
	return t.startCall(ctx, c, t.Request(size))
}

func (t *Trial) startCall(ctx context.Context, c echo.Client, req *payload.Payload) *Call {
	call := &Call{Req: req, Reply: new(payload.Payload), done: make(chan error, 1)}
	go func() {
		err := c.Echo(ctx, call.Req, call.Reply)
		call.Returned = time.Now()
		call.done <- err
	}()
	return call
}

// WaitCall waits for call to return, and returns its error. what names the call in
// the message about a hang.
func (t *Trial) WaitCall(what string, call *Call) error {
	t.Helper()
	return t.Within(what, func() error { return <-call.done })
}

// Callers returns the numbers of concurrent callers to try.
func (t *Trial) Callers() []int {
	if t.Quick {
		return []int{8}
	}
	return []int{8, 24}
}

// EchoAll has each of the callers make n calls at the same time as the others. All
// answers must be correct.
func (t *Trial) EchoAll(clients []echo.Client, callers, size, n int) {
	t.Helper()
	ctx, errs := t.LongContext(), make([]error, callers)
	t.Within(fmt.Sprintf("Echo by %d concurrent callers", callers), func() error {
		var running sync.WaitGroup
		for i := range callers {
			running.Go(func() {
				for range n {
					req, reply := t.Request(size), new(payload.Payload)
					err := clients[i%len(clients)].Echo(ctx, req, reply)
					if err == nil {
						err = CheckReply(req, reply)
					}
					if err != nil {
						errs[i] = err
						return
					}
				}
			})
		}
		running.Wait()
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Echo of %d bytes by %d concurrent callers on %d clients: %v", size, callers, len(clients), err)
	}
}
