package echotest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/payload"
)

var requests atomic.Uint64

// request returns a new request with an id and data that no other request has.
// It has size bytes of data, or maxSize if that is less.
func (k *kit) request(size int) *payload.Payload {
	id := requests.Add(1)
	return &payload.Payload{Id: id, Data: payload.Body(min(size, k.maxSize()), id), Timestamp: 1}
}

// checkReply checks every field of a reply.
func checkReply(req, reply *payload.Payload) error {
	if err := contract.Verify(req, reply, true); err != nil {
		return err
	}
	if reply.Timestamp == req.Timestamp {
		return fmt.Errorf("wrong reply: its timestamp is that of the request, %d", req.Timestamp)
	}
	// The clocks of client and server may differ, but hardly by more than an hour.
	if age := time.Since(time.Unix(0, reply.Timestamp)); age.Abs() > time.Hour {
		return fmt.Errorf("wrong reply: timestamp %d is not within an hour of the present time, %d", reply.Timestamp, time.Now().UnixNano())
	}
	return nil
}

// echo calls c.Echo, and fails the check if it hangs.
func (k *kit) echo(ctx context.Context, c echo.Client, req, reply *payload.Payload) error {
	k.Helper()
	return k.within("Echo", func() error { return c.Echo(ctx, req, reply) })
}

// mustEcho makes a call that must return the correct answer.
func (k *kit) mustEcho(c echo.Client, req *payload.Payload) {
	k.Helper()
	k.mustEchoInto(c, req, new(payload.Payload))
}

// mustEchoInto is mustEcho with a reply that may have been used before.
func (k *kit) mustEchoInto(c echo.Client, req, reply *payload.Payload) {
	k.Helper()
	if err := k.echo(k.longContext(), c, req, reply); err != nil {
		k.Fatalf("Echo of %d bytes: %v", len(req.Data), err)
	}
	if err := checkReply(req, reply); err != nil {
		k.Fatal(err)
	}
}

// mayEcho makes a call that may fail, but that must not hang or return a wrong
// answer.
func (k *kit) mayEcho(c echo.Client) {
	k.Helper()
	req, reply := k.request(16), new(payload.Payload)
	if err := k.echo(k.shortContext(), c, req, reply); err != nil {
		return
	}
	if err := checkReply(req, reply); err != nil {
		k.Errorf("Echo returned a wrong answer, want the correct one or an error: %v", err)
	}
}

// A call is an Echo that runs in its own goroutine.
type call struct {
	req, reply *payload.Payload
	done       chan error
}

// start calls c.Echo in a new goroutine, with a request of size bytes.
func (k *kit) start(ctx context.Context, c echo.Client, size int) *call {
	call := &call{k.request(size), new(payload.Payload), make(chan error, 1)}
	go func() { call.done <- c.Echo(ctx, call.req, call.reply) }()
	return call
}

// wait waits for call to return, and returns its error. what names the call in
// the message about a hang.
func (k *kit) wait(what string, call *call) error {
	k.Helper()
	return k.within(what, func() error { return <-call.done })
}
