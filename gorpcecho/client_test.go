package gorpcecho

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

func TestDialNobody(t *testing.T) {
	addr := testkit.Unused(t)
	err := testkit.Within(t, "Dial", func() error { _, err := Dial(context.Background(), addr); return err })
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v, want one that matches ECONNREFUSED", err)
	}
}

// A cancelled call affects no other call, and its late answer is discarded.
func TestCancel(t *testing.T) {
	srv := serveHeld(t)
	c := testkit.Dial(t, &Transport{}, srv.addr)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-srv.arrived
		cancel()
	}()
	if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(ctx, c, 1, 64) }); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want one that matches context.Canceled", err)
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(short, c, 2, 64) }); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v, want one that matches context.DeadlineExceeded", err)
	}
	done := make(chan error, 1)
	go func() { done <- testkit.Echo(t.Context(), c, 3, 64) }()
	for testkit.Receive(t, "the third request", srv.arrived) != 3 {
	}
	go func() {
		for range 3 {
			select {
			case srv.release <- struct{}{}:
			case <-time.After(testkit.Hang):
			case <-t.Context().Done():
			}
		}
	}()
	if err := testkit.Receive(t, "the end of the third Echo", done); err != nil {
		t.Error(err)
	}
}

func TestCloseInFlight(t *testing.T) {
	srv := serveHeld(t)
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

// The loss of a connection ends every call, even if its context never ends.
func TestServerGone(t *testing.T) {
	srv := listen(t, &Transport{})
	c := testkit.Dial(t, &Transport{Conns: 2}, srv.Addr())
	testkit.MustEcho(t, c, 1, 64)
	if err := testkit.Within(t, "the server's Close", srv.Close); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := testkit.Within(t, "Echo", func() error { return c.Echo(context.Background(), &payload.Payload{}, new(payload.Payload)) })
		if err == nil || !strings.Contains(err.Error(), "connection lost") {
			t.Errorf("Echo after the server's Close: error %v, want one that says that the connection was lost", err)
		}
	}
	again, err := new(Transport).Listen(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	testkit.MustEcho(t, testkit.Dial(t, &Transport{}, srv.Addr()), 2, 64)
}

func TestServerGoneInFlight(t *testing.T) {
	srv := serveHeld(t)
	c := testkit.Dial(t, &Transport{}, srv.addr)
	const calls = 10
	done := make(chan error, calls)
	for range calls {
		go func() { done <- c.Echo(context.Background(), &payload.Payload{Id: 1}, new(payload.Payload)) }()
	}
	srv.awaitArrival(t, calls)
	srv.stop()
	for range calls {
		if err := testkit.Receive(t, "the end of Echo", done); err == nil {
			t.Error("an Echo in flight succeeded after the server was stopped")
		}
	}
}

func TestSmallerLimit(t *testing.T) {
	for _, compress := range []bool{false, true} {
		addr := echo.StartServer(t, &Transport{MaxSize: 1000, Compress: compress})
		other := testkit.Dial(t, &Transport{Compress: compress}, addr)
		c := testkit.Dial(t, &Transport{Compress: compress}, addr)
		testkit.MustEcho(t, c, 1, 1000)
		// 1001 bytes exceed the server's limit on the data, but not the gate's limit on
		// the message. 2000 bytes exceed both.
		if err := testkit.Echo(t.Context(), c, 2, 1001); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("1001 bytes to a server with a limit of 1000: error %v, want one that matches ErrTooLarge", err)
		}
		testkit.MustEcho(t, c, 3, 1000)
		if err := testkit.Echo(t.Context(), c, 4, 2000); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("2000 bytes to a server with a limit of 1000: error %v, want one that says that the server closed the connection", err)
		}
		testkit.MustEcho(t, other, 5, 1000)
	}
}

func TestAnswerOverLimit(t *testing.T) {
	for _, size := range []int{1001, 5000} {
		addr, _ := serveGorpc(t, func(string, any) any {
			return testkit.Encode(t, &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: 1})
		})
		c := testkit.Dial(t, &Transport{MaxSize: 1000}, addr)
		if err := testkit.Echo(t.Context(), c, 1, 64); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("an answer of %d bytes, limit 1000: error %v, want one that matches ErrTooLarge", size, err)
		}
	}
}

// Answers that a server of this package never gives are errors.
func TestForeignAnswers(t *testing.T) {
	for _, c := range []struct {
		answer any
		want   string
	}{
		{"a reason", "a reason"},
		{[]byte("garbage"), "not a Payload"},
		{nil, "connection lost"},
		{17, "connection lost"},
		{[]int{1, 2, 3}, "connection lost"},
	} {
		addr, _ := serveGorpc(t, func(string, any) any { return c.answer })
		err := testkit.Echo(t.Context(), testkit.Dial(t, &Transport{}, addr), 1, 64)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("answer %v: error %v, want one that contains %q", c.answer, err, c.want)
		}
	}
	addr, _ := serveGorpc(t, func(string, any) any { panic("in the handler") })
	if err := testkit.Echo(t.Context(), testkit.Dial(t, &Transport{}, addr), 1, 64); err == nil || !strings.Contains(err.Error(), "in the handler") {
		t.Errorf("a handler that panics: error %v, want one that contains the panic's message", err)
	}
}
