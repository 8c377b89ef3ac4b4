package gorpcecho

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

func TestCloseInFlight(t *testing.T) {
	srv := serveHeld(t, 1000)
	for _, conns := range []int{1, 3} {
		c := testkit.Dial(t, &Transport{Conns: conns}, srv.addr)
		done := make(chan error, 1)
		go func() { done <- testkit.Echo(t.Context(), c, 1, 64) }()
		srv.awaitArrival(t, 1)
		if err := testkit.Within(t, "Close", c.Close); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := testkit.Receive(t, "the end of Echo", done); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Echo in flight at Close: error %v, want one that matches net.ErrClosed", err)
		}
		if n := c.(*client).conns.Len(); n != 0 {
			t.Errorf("%d connections outlived Close", n)
		}
	}
}

// The loss of a connection ends every call, and every later one, even if its context
// never ends.
func TestServerGone(t *testing.T) {
	srv := serveHeld(t, 1000)
	c := testkit.Dial(t, &Transport{Conns: 2}, srv.addr)
	const calls = 10
	done := make(chan error, calls)
	echo := func() { done <- c.Echo(context.Background(), &payload.Payload{Id: 1}, new(payload.Payload)) }
	for range calls {
		go echo()
	}
	srv.awaitArrival(t, calls)
	srv.stop()
	for i := range 2 * calls {
		if i >= calls {
			go echo()
		}
		err := testkit.Receive(t, "the end of Echo", done)
		if lost := new(gorpc.ClientError); !errors.Is(err, errLost) && !(errors.As(err, &lost) && lost.Connection) {
			t.Errorf("call %d: error %v, want one that says that the connection was lost", i, err)
		}
	}
}

// A server rejects data above its limit, and a client rejects a reply above its own.
// Neither ends the connection.
func TestSmallerLimit(t *testing.T) {
	c := testkit.Dial(t, &Transport{}, echo.StartServer(t, &Transport{MaxSize: 1000}))
	for _, size := range []int{1001, 1 << 20} {
		testkit.MustEcho(t, c, 1, 1000)
		if err := testkit.Echo(t.Context(), c, 2, size); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("%d bytes to a server with a limit of 1000: error %v, want one that matches ErrTooLarge", size, err)
		}
	}
	testkit.MustEcho(t, c, 3, 1000)
	addr, _ := serveGorpc(t, func(string, any) any {
		return testkit.Encode(t, &payload.Payload{Id: 1, Data: payload.Body(1001, 1), Timestamp: 1})
	})
	c = testkit.Dial(t, &Transport{MaxSize: 1000}, addr)
	for range 2 {
		if err := testkit.Echo(t.Context(), c, 1, 64); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("a reply of 1001 bytes, limit 1000: error %v, want one that matches ErrTooLarge", err)
		}
	}
}

// Echo returns an error for replies that a server of this package never gives.
func TestForeignReplies(t *testing.T) {
	for _, c := range []struct {
		reply any
		want  string
	}{
		{"a reason", "a reason"},
		{[]byte("garbage"), "not a Payload"},
		{nil, "reply of type <nil>"},
		{17, "reply of type int"},
		{[]int{1, 2, 3}, "reply of type []int"},
	} {
		addr, _ := serveGorpc(t, func(string, any) any { return c.reply })
		err := testkit.Echo(t.Context(), testkit.Dial(t, &Transport{}, addr), 1, 64)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("reply %v: error %v, want one that contains %q", c.reply, err, c.want)
		}
	}
	addr, _ := serveGorpc(t, func(string, any) any { panic("in the handler") })
	if err := testkit.Echo(t.Context(), testkit.Dial(t, &Transport{}, addr), 1, 64); err == nil || !strings.Contains(err.Error(), "in the handler") {
		t.Errorf("a handler that panics: error %v, want one that contains the panic's message", err)
	}
}

// More requests than gorpc's queue holds end the oldest ones with gorpc's own error.
func TestOverflow(t *testing.T) {
	addr := testkit.Serve(t, func(net.Conn) { <-t.Context().Done() }) // reads nothing
	c := testkit.Dial(t, &Transport{Conns: echo.Each}, addr).(*client)
	large := payload.Body(4<<20, 1)
	var calls []call
	for i := range 10 + pending + 1 {
		req := &payload.Payload{Id: 1}
		if i < 10 { // more than what fits the buffers on the way to the server
			req.Data = large
		}
		call, err := c.send(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, call)
	}
	for _, call := range calls[:11] {
		select {
		case <-call.Done:
		default:
			continue
		}
		err := c.receive(t.Context(), call, new(payload.Payload))
		if overflow := new(gorpc.ClientError); !errors.As(err, &overflow) || !overflow.Overflow {
			t.Errorf("error %v, want a gorpc.ClientError with Overflow", err)
		}
		return
	}
	t.Errorf("%d calls, of which %d may wait to be written: none has ended", len(calls), pending)
}
