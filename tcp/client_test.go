package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A holdingServer counts the requests that it holds, and answers each only when it
// is allowed to.
type holdingServer struct {
	held   chan int      // gets 1 for each request that arrives, and -1 for each that is answered
	answer chan struct{} // allows one reply; closed at the end of the test
}

// start starts the server for as long as t runs. calls is how many requests it gets.
func (s *holdingServer) start(t *testing.T, calls int) (addr string) {
	s.held, s.answer = make(chan int, 2*calls), make(chan struct{}, calls)
	addr = testkit.Serve(t, s.handle)
	t.Cleanup(func() { close(s.answer) }) // before the server's Close, which waits for handle
	return addr
}

func (s *holdingServer) handle(conn net.Conn) {
	c := stream.NewFrameCodec(conn, 1<<10)
	var p payload.Payload
	for c.Read(&p) == nil {
		s.held <- 1
		if _, ok := <-s.answer; !ok {
			return
		}
		s.held <- -1
		payload.Stamp(&p)
		if c.Write(&p) != nil {
			return
		}
	}
}

// maxHeld waits until the given number of calls has been answered, and returns the
// largest number of requests that the server held at the same time. It allows no reply
// before the server has held want requests.
func (s *holdingServer) maxHeld(t *testing.T, calls, want int) (held int) {
	t.Helper()
	now, arrived := 0, 0
	for arrived < calls || now > 0 {
		change := testkit.Receive(t, fmt.Sprintf("after %d of %d requests", arrived, calls), s.held)
		now += change
		held = max(held, now)
		if change < 0 {
			continue
		}
		if arrived++; arrived == want {
			for range calls {
				s.answer <- struct{}{}
			}
		}
	}
	return held
}

func TestMaxInFlight(t *testing.T) {
	const clients, calls = 6, 3
	for _, c := range []struct{ max, want int }{{0, clients}, {1, 1}, {2, 2}, {clients + 1, clients}} {
		t.Run(fmt.Sprint(c.max), func(t *testing.T) {
			var s holdingServer
			addr := s.start(t, clients*calls)
			tr := &Transport{MaxInFlight: c.max}
			done := make(chan error, clients)
			for range clients {
				client := testkit.Dial(t, tr, addr)
				go func() {
					var err error
					for n := 0; n < calls && err == nil; n++ {
						err = testkit.Echo(t.Context(), client, 7, 100)
					}
					done <- err
				}()
			}
			if held := s.maxHeld(t, clients*calls, c.want); held != c.want {
				t.Errorf("at most %d requests were in flight at the same time, want %d", held, c.want)
			}
			for range clients {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A call that waits to send ends with its context and with its client.
func TestMaxInFlightWait(t *testing.T) {
	var s holdingServer
	addr := s.start(t, 1)
	tr := &Transport{MaxInFlight: 1}
	first, second := testkit.Dial(t, tr, addr), testkit.Dial(t, tr, addr)
	ended := make(chan error, 2)
	call := func(ctx context.Context, c echo.Client) error {
		return c.Echo(ctx, &payload.Payload{}, new(payload.Payload))
	}
	go func() { ended <- call(testkit.Context(t), first) }()
	testkit.Receive(t, "the first request", s.held)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := call(ctx, second); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with a cancelled context: error %v, want one that matches context.Canceled", err)
	}
	go func() { ended <- call(testkit.Context(t), second) }()
	second.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("waiting on a closed client: error %v, want one that matches net.ErrClosed", err)
	}
	// The first call is still in flight, and ends with its client.
	first.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the first call after its client's Close: error %v, want one that matches net.ErrClosed", err)
	}
	if n := len(tr.inFlight); n != 0 {
		t.Errorf("%d requests count as in flight after all calls have ended", n)
	}
}
