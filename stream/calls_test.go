package stream_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

var errLibrary = errors.New("the library's error")

func TestCallsError(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	tooLarge := errors.New("over the server's limit")
	open, closed := stream.NewCalls("p", 10), stream.NewCalls("p", 10)
	open.TooLarge = func(err error) bool { return err == tooLarge }
	closed.Close(func() error { return nil })
	for _, c := range []struct {
		name  string
		calls *stream.Calls
		ctx   context.Context
		err   error
		want  []error // that the result matches
	}{
		{"no error", open, t.Context(), nil, nil},
		{"no error, though the context has ended", open, cancelled, nil, nil},
		{"the library's", open, t.Context(), errLibrary, []error{errLibrary}},
		{"cancelled", open, cancelled, errLibrary, []error{context.Canceled}},
		{"deadline", open, expired, errLibrary, []error{context.DeadlineExceeded}},
		{"closed", closed, t.Context(), errLibrary, []error{net.ErrClosed}},
		{"too large for the server", open, t.Context(), tooLarge, []error{tooLarge, echo.ErrTooLarge}},
	} {
		got := c.calls.Error(c.ctx, c.err)
		if (got == nil) != (c.want == nil) {
			t.Errorf("%s: error %v", c.name, got)
		}
		for _, want := range c.want {
			if !errors.Is(got, want) {
				t.Errorf("%s: error %v, want one that matches %v", c.name, got, want)
			}
		}
	}
}

func TestCallsCheck(t *testing.T) {
	c := stream.NewCalls("p", 10)
	if err := c.Check(&payload.Payload{Data: make([]byte, 10)}); err != nil {
		t.Errorf("data at the limit: %v", err)
	}
	if err := c.Check(&payload.Payload{Data: make([]byte, 11)}); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("data over the limit: error %v, want one that matches ErrTooLarge", err)
	}
	if c.Closed() {
		t.Error("Closed() before Close")
	}
	c.Close(func() error { return nil })
	if err := c.Check(&payload.Payload{}); !errors.Is(err, net.ErrClosed) || !c.Closed() {
		t.Errorf("after Close: error %v, want one that matches net.ErrClosed", err)
	}
}

// Close ends the contexts of calls in flight, waits for the calls, and releases
// the connection once.
func TestCallsClose(t *testing.T) {
	c := stream.NewCalls("p", 10)
	const callers = 10
	begun, results := make(chan struct{}, callers), make(chan error, callers)
	for range callers {
		go func() {
			results <- c.Do(context.Background(), &payload.Payload{}, func(ctx context.Context) error {
				begun <- struct{}{}
				<-ctx.Done()
				return errLibrary
			})
		}()
	}
	for range callers {
		testkit.Receive(t, "a call", begun)
	}
	released := 0
	release := func() error { released++; return errLibrary }
	if err := testkit.Within(t, "Close", func() error { return c.Close(release) }); !errors.Is(err, errLibrary) {
		t.Errorf("Close: error %v, want that of release", err)
	}
	if err := c.Close(release); err != nil || released != 1 {
		t.Errorf("second Close: error %v, and the connection was released %d times, want once", err, released)
	}
	for range callers {
		if err := testkit.Receive(t, "a call's result", results); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a call in flight at Close: error %v, want one that matches net.ErrClosed", err)
		}
	}
	err := c.Do(t.Context(), &payload.Payload{}, func(context.Context) error {
		t.Error("a call after Close reached the library")
		return nil
	})
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("a call after Close: error %v, want one that matches net.ErrClosed", err)
	}
}

// A blocked call of the library outlives its context. It must not touch what
// belongs to the caller then, and Close waits for it.
func TestCallsDoBlocking(t *testing.T) {
	c := stream.NewCalls("p", 10)
	connection := make(chan struct{}) // closed when the connection is
	blocked := func(req, reply *payload.Payload) error {
		<-connection
		req.Data[0], reply.Id = 9, 9
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	req, reply := &payload.Payload{Data: []byte{1}}, new(payload.Payload)
	result := make(chan error, 1)
	go func() { result <- c.DoBlocking(ctx, req, reply, blocked) }()
	cancel()
	if err := testkit.Receive(t, "the result", result); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that matches context.Canceled", err)
	}
	release := func() error { close(connection); return nil }
	if err := testkit.Within(t, "Close", func() error { return c.Close(release) }); err != nil {
		t.Errorf("Close: %v", err)
	}
	if req.Data[0] != 1 || reply.Id != 0 {
		t.Error("the library's call changed the caller's request or reply")
	}
}
