//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// After a call whose context ended, the client remains usable, and the late answer
// to that call is discarded.
func TestNoStaleReply(t *testing.T) { eachKind(t, testNoStaleReply) }

func testNoStaleReply(t *testing.T, tr *Transport) {
	m := startMute(t)
	c := testkit.Dial(t, tr, m.addr)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-m.got
		cancel()
	}()
	if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(ctx, c, 1, 64) }); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want one that matches Canceled", err)
	}
	done := make(chan error, 1)
	go func() { done <- testkit.Echo(t.Context(), c, 2, 64) }()
	testkit.Receive(t, "the second request", m.got)
	testkit.Send(t, "the answer to the first", m.answer, nil)
	testkit.Send(t, "the answer to the second", m.answer, nil)
	if err := testkit.Receive(t, "the second Echo", done); err != nil {
		t.Error(err)
	}
}

func TestDeadline(t *testing.T) { eachKind(t, testDeadline) }

func testDeadline(t *testing.T, tr *Transport) {
	c := testkit.Dial(t, tr, startMute(t).addr)
	for _, wait := range []time.Duration{0, time.Millisecond, 80 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(ctx, c, 1, 64) }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("deadline in %v: error %v, want one that matches DeadlineExceeded", wait, err)
		}
	}
}

// Close leaves the socket to the call in flight, and waits for that call.
func TestCloseInFlight(t *testing.T) { eachKind(t, testCloseInFlight) }

func testCloseInFlight(t *testing.T, tr *Transport) {
	m := startMute(t)
	c := testkit.Dial(t, tr, m.addr)
	done := make(chan error, 1)
	go func() { done <- testkit.Echo(t.Context(), c, 1, 64) }()
	testkit.Receive(t, "the request", m.got)
	if err := testkit.Within(t, "Close", c.Close); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := testkit.Receive(t, "Echo", done); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Echo: error %v, want one that matches net.ErrClosed", err)
	}
	if c, ok := c.(*client); ok && c.conn != nil {
		t.Error("the socket is still open after Close")
	}
}

// Callers that wait for a shared REQ socket notice the end of their contexts and
// the Client's Close, although the call in flight does not end.
func TestSharedREQ(t *testing.T) {
	m := startMute(t)
	c := testkit.Dial(t, &Transport{Conns: 1}, m.addr)
	first, second, third := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() { first <- testkit.Echo(t.Context(), c, 1, 64) }()
	testkit.Receive(t, "the first request", m.got)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	brief, cancel := context.WithTimeout(t.Context(), 80*time.Millisecond)
	defer cancel()
	for _, ctx := range []context.Context{cancelled, brief} {
		if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(ctx, c, 2, 64) }); err == nil || !errors.Is(err, ctx.Err()) {
			t.Errorf("an Echo that waited for another one: error %v, want one that matches %v", err, ctx.Err())
		}
	}
	go func() { second <- testkit.Echo(t.Context(), c, 3, 64) }()
	testkit.Send(t, "the answer to the first", m.answer, nil)
	if err := testkit.Receive(t, "the first Echo", first); err != nil {
		t.Error(err)
	}
	testkit.Receive(t, "the second request", m.got)
	go func() { third <- testkit.Echo(t.Context(), c, 4, 64) }()
	if err := testkit.Within(t, "Close", c.Close); err != nil {
		t.Errorf("Close: %v", err)
	}
	for _, done := range []chan error{second, third} {
		if err := testkit.Receive(t, "an Echo", done); !errors.Is(err, net.ErrClosed) {
			t.Errorf("an Echo during Close: error %v, want one that matches net.ErrClosed", err)
		}
	}
}

// A Client whose server has stopped fails, and a REQ socket connects again to a
// new server at the same address.
func TestServerGone(t *testing.T) { eachServer(t, testServerGone) }

func testServerGone(t *testing.T, tr *Transport) {
	srv := testkit.Listen(t, tr)
	idle := testkit.Dial(t, tr, srv.Addr())
	testkit.MustEcho(t, idle, 1, 64)
	if err := testkit.Within(t, "the server's Close", srv.Close); err != nil {
		t.Fatal(err)
	}
	if err := testkit.Within(t, "Echo", func() error { return idle.Echo(context.Background(), &payload.Payload{Id: 2}, new(payload.Payload)) }); err == nil {
		t.Error("an Echo to a server that has stopped succeeded")
	}
	again, err := tr.Listen(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if !tr.Dealer {
		testkit.MustEcho(t, idle, 3, 64)
	} else if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(t.Context(), idle, 3, 64) }); err == nil || !strings.Contains(err.Error(), "connection lost") {
		t.Errorf("a DEALER whose connection has ended: error %v, want one that says so", err)
	}
	testkit.MustEcho(t, testkit.Dial(t, tr, srv.Addr()), 4, 64)
	if err := testkit.Within(t, "the server's Close", again.Close); err != nil {
		t.Error(err)
	}
}

// A call in flight ends when its server stops, even if its context does not end.
func TestServerGoneInFlight(t *testing.T) { eachKind(t, testServerGoneInFlight) }

func testServerGoneInFlight(t *testing.T, tr *Transport) {
	m := startMute(t)
	c := testkit.Dial(t, tr, m.addr)
	done := make(chan error, 1)
	go func() { done <- c.Echo(context.Background(), &payload.Payload{Id: 1}, new(payload.Payload)) }()
	testkit.Receive(t, "the request", m.got)
	m.stop()
	if err := testkit.Receive(t, "Echo", done); err == nil || !strings.Contains(err.Error(), "connection lost") {
		t.Errorf("error %v, want one that says that the connection was lost", err)
	}
}
