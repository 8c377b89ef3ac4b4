package stream_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Run("gob", func(t *testing.T) { echotest.TestTransport(t, Gob{}) })
	t.Run("netrpc", func(t *testing.T) {
		testkit.Long(t)
		echotest.TestTransport(t, RPC{})
	})
}

// TestNetRPCIsShort limits the length of the example.
func TestNetRPCIsShort(t *testing.T) {
	text, err := os.ReadFile("netrpc_example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(text), ")\n") // the imports end here
	code, _, _ = strings.Cut(code, "// A transport over an RPC library")
	if lines := strings.Count(strings.TrimSpace(code), "\n") + 1; lines > 70 {
		t.Errorf("a transport over net/rpc takes %d lines, want 70 at most", lines)
	}
}

// A client watches a context as long as calls have the same one. A context that
// ends after its call, as a request's does, must not affect the next call.
func TestContextThatEndsAfterItsCall(t *testing.T) {
	c := testkit.Start(t, Gob{})
	req, reply := &payload.Payload{Data: []byte("x")}, new(payload.Payload)
	for i := range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			req.Id++
			if err := c.Echo(ctx, req, reply); err != nil || reply.Id != req.Id {
				t.Fatalf("call %d: %v, id %d, want %d", i, err, reply.Id, req.Id)
			}
		}
		cancel()
		if err := c.Echo(ctx, req, reply); err == nil {
			t.Fatal("an Echo with a cancelled context succeeded")
		}
		if i%2 == 0 { // the next call has a context that never ends, or else another one
			if err := c.Echo(context.Background(), req, reply); err != nil {
				t.Fatalf("after the context of call %d had ended: %v", i, err)
			}
		}
	}
}

// Answer ends a connection when a message has more data than the limit, although
// the codec itself has none.
func TestAnswerLimitsTheData(t *testing.T) {
	addr := testkit.Serve(t, func(conn net.Conn) { stream.Answer(newCodec(conn), 10) })
	conn := testkit.DialTCP(t, addr)
	c := stream.NewClient("gob", conn, newCodec(conn), 100)
	if err := testkit.Echo(t.Context(), c, 1, 10); err != nil {
		t.Errorf("data at the limit: %v", err)
	}
	if err := testkit.Echo(t.Context(), c, 2, 11); err == nil {
		t.Error("data over the server's limit was answered")
	}
	if err := testkit.Echo(t.Context(), c, 3, 101); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("data over the client's limit: error %v, want one that matches ErrTooLarge", err)
	}
}

// A Client needs no net.Conn: Read, Write, Close and SetDeadline are enough.
func TestClientOverAnyConn(t *testing.T) {
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		stream.Answer(stream.NewFrameCodec(far, 100), 100)
	}()
	conn := struct{ stream.Conn }{near}
	c := stream.NewClient("pipe", conn, stream.NewFrameCodec(conn, 100), 100)
	testkit.MustEcho(t, c, 1, 100)
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	<-done
	far.Close()
}

// A call that waits for another call on the same connection ends with its context,
// and at Close.
func TestWaitingCallEnds(t *testing.T) {
	reached := make(chan struct{}, 1)
	addr := testkit.Serve(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		reached <- struct{}{}
		conn.Read(make([]byte, 1<<10)) // and answer nothing
		conn.Read(make([]byte, 1))
	})
	conn := testkit.DialTCP(t, addr)
	c := stream.NewClient("p", conn, newCodec(conn), 100)
	first, closed := make(chan error, 1), make(chan error, 1)
	go func() { first <- testkit.Echo(context.Background(), c, 1, 10) }()
	testkit.Receive(t, "the first call at the server", reached)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := testkit.Within(t, "Echo", func() error { return testkit.Echo(ctx, c, 2, 10) }); !errors.Is(err, context.Canceled) {
		t.Errorf("a waiting call whose context has ended: error %v, want one that matches context.Canceled", err)
	}
	go func() { closed <- testkit.Echo(context.Background(), c, 3, 10) }()
	if err := testkit.Within(t, "Close", c.Close); err != nil {
		t.Errorf("Close: %v", err)
	}
	for what, result := range map[string]chan error{"the call in flight": first, "the waiting call": closed} {
		if err := testkit.Receive(t, what, result); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s at Close: error %v, want one that matches net.ErrClosed", what, err)
		}
	}
}

// A refusal leaves the connection usable.
func TestRefusal(t *testing.T) {
	addr := testkit.Serve(t, func(conn net.Conn) {
		c := stream.NewFrameCodec(conn, 100)
		var p payload.Payload
		for c.Read(&p) == nil {
			if p.Id == 1 {
				binary.Write(conn, binary.BigEndian, uint32(stream.FrameRefused))
				continue
			}
			payload.Stamp(&p)
			c.Write(&p)
		}
	})
	conn := testkit.DialTCP(t, addr)
	c := stream.NewClient("p", conn, stream.NewFrameCodec(conn, 100), 100)
	for range 3 {
		if err := testkit.Echo(t.Context(), c, 1, 100); !errors.Is(err, echo.ErrRefused) {
			t.Errorf("a refused Echo: error %v, want one that matches echo.ErrRefused", err)
		}
		testkit.MustEcho(t, c, 2, 100)
	}
}
