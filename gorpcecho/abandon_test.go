package gorpcecho

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// serveMute starts a server that reads nothing.
func serveMute(t *testing.T) (addr string) {
	t.Helper()
	return testkit.Serve(t, func(net.Conn) { <-t.Context().Done() })
}

// expire makes a call whose context ends after a while.
func expire(t *testing.T, c echo.Client, req *payload.Payload) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	err := testkit.Within(t, "Echo", func() error { return c.Echo(ctx, req, new(payload.Payload)) })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v, want one that matches context.DeadlineExceeded", err)
	}
}

// However many calls are cancelled, a client holds a bounded part of their requests.
func TestCancelledMemory(t *testing.T) {
	for _, c := range []struct {
		name  string
		tr    *Transport
		bound int
	}{
		{"shared", &Transport{}, sharedPending * abandonedPlace},
		{"each", &Transport{Conns: echo.Each}, pending * abandonedPlace},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := testkit.Dial(t, c.tr, serveMute(t))
			req := &payload.Payload{Id: 1, Data: payload.Body(4<<20, 1), Timestamp: 1}
			before := heap()
			for range 60 {
				expire(t, client, req)
			}
			held := heap() - before
			t.Logf("%d MiB are held after 60 calls of 4 MiB were cancelled", held>>20)
			if most := c.bound + 4*len(req.Data); held > most {
				t.Errorf("%d bytes are held after 60 calls of 4 MiB were cancelled, want at most %d", held, most)
			}
		})
	}
}

// Calls wait while cancelled ones fill a client, until the server has answered some
// of those.
func TestCallsWaitForCancelledOnes(t *testing.T) {
	srv := serveHeld(t)
	client := testkit.Dial(t, &Transport{Conns: echo.Each}, srv.addr)
	req := &payload.Payload{Id: 1, Data: payload.Body(4<<20, 1), Timestamp: 1}
	const calls = pending * abandonedPlace / (4 << 20)
	for range calls {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- client.Echo(ctx, req, new(payload.Payload)) }()
		srv.awaitArrival(t, 1)
		cancel()
		if err := testkit.Receive(t, "the end of a cancelled call", ended); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want one that matches context.Canceled", err)
		}
	}
	expire(t, client, &payload.Payload{Id: 2})
	if n := len(srv.arrived); n != 0 {
		t.Errorf("%d requests arrived while cancelled calls filled the client, want 0", n)
	}
	done := make(chan error, 1)
	go func() { done <- testkit.Echo(t.Context(), client, 3, 64) }()
	for range calls + 1 {
		testkit.Send(t, "the release of an answer", srv.release, struct{}{})
	}
	if err := testkit.Receive(t, "the end of Echo", done); err != nil {
		t.Error(err)
	}
	awaitFree(t, client)
}

// Calls that were cancelled before they were sent do not take places for ever.
func TestCancelledBeforeSent(t *testing.T) {
	read := make(chan struct{}) // the server begins to read when it is closed
	addr := serveWire(t, func(r wireRequest) []wireResponse {
		<-read
		return []wireResponse{{r.ID, r.Request, ""}}
	})
	c := testkit.Dial(t, &Transport{}, addr)
	const calls = 10 // the first few fill the buffers on the way to the server
	for range calls {
		expire(t, c, &payload.Payload{Id: 1, Data: payload.Body(4<<20, 1)})
	}
	if got := c.(*client).places.taken.Load(); got < calls {
		t.Errorf("cancelled calls take %d places, want at least %d", got, calls)
	}
	close(read)
	awaitFree(t, c)
	if err := c.Echo(testkit.Context(t), &payload.Payload{Id: 2}, new(payload.Payload)); err != nil {
		t.Error(err)
	}
}

// awaitFree waits until no call takes a place.
func awaitFree(t *testing.T, c echo.Client) {
	t.Helper()
	places := c.(*client).places
	for deadline := time.Now().Add(testkit.Hang); places.taken.Load() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d places are taken, want 0", places.taken.Load())
		}
	}
}
