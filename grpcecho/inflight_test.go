package grpcecho

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// startSlow starts a server that counts the requests it receives, and answers them
// once answer is closed.
func startSlow(t *testing.T, answer chan struct{}) (addr string, received *tally) {
	received = new(tally)
	fake := &fakeServer{
		echo: func(ctx context.Context, p *payload.Payload) (*payload.Payload, error) {
			received.Add(1)
			select {
			case <-answer:
			case <-ctx.Done():
			}
			return p, ctx.Err()
		},
		stream: func(s grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error {
			for {
				p, err := s.Recv()
				if err != nil {
					return err
				}
				received.Add(1)
				select {
				case <-answer:
				case <-s.Context().Done():
				}
				if err := s.Send(p); err != nil {
					return err
				}
			}
		},
	}
	return fake.start(t), received
}

const (
	largeSize = 4<<20 - 100 // grpc's own limit on a message is 4 MiB
	mostLarge = 8           // calls that a Client has in flight
)

// fill makes calls with large messages, of which all but mostLarge have to wait.
func fill(t *testing.T, c echo.Client, received *tally, calls int) (errs chan error) {
	t.Helper()
	errs = make(chan error, calls)
	for range calls {
		go func() { errs <- testkit.Echo(t.Context(), c, 1, largeSize) }()
	}
	eventually(t, "as many calls in flight as possible", func() bool { return received.Load() == mostLarge })
	return errs
}

// A Client has a bounded number of bytes in flight. Further calls wait, but not
// those with small messages.
func TestInFlight(t *testing.T) {
	eachMode(t, func(t *testing.T, stream bool) {
		const calls = 20
		answer := make(chan struct{})
		addr, received := startSlow(t, answer)
		c := testClient(t, addr, stream)
		errs := fill(t, c, received, calls)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := testkit.Echo(ctx, c, 1, largeSize); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Echo beyond the limit: error %v, want context.DeadlineExceeded", err)
		}
		if n := received.Load(); n != mostLarge {
			t.Errorf("%d calls in flight, want %d", n, mostLarge)
		}
		go func() { errs <- testkit.Echo(t.Context(), c, 1, 64) }()
		eventually(t, "a call with a small message", func() bool { return received.Load() == mostLarge+1 })
		close(answer)
		for range calls + 1 {
			if err := testkit.Receive(t, "an Echo", errs); err != nil {
				t.Error(err)
			}
		}
	})
}

// Close ends the calls that wait.
func TestInFlightClose(t *testing.T) {
	eachMode(t, func(t *testing.T, stream bool) {
		const calls = 12
		addr, received := startSlow(t, make(chan struct{}))
		c := testClient(t, addr, stream)
		errs := fill(t, c, received, calls)
		if err := testkit.Within(t, "Close", c.Close); err != nil {
			t.Error(err)
		}
		for range calls {
			if err := testkit.Receive(t, "an Echo", errs); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Echo during Close: error %v, want net.ErrClosed", err)
			}
		}
	})
}

// The limit also holds for pipelines, which give back what they have taken.
func TestInFlightPipelines(t *testing.T) {
	answer := make(chan struct{})
	addr, _ := startSlow(t, answer)
	c := testClient(t, addr, true).(*streamClient)
	req := &payload.Payload{Id: 1, Data: make([]byte, largeSize)}
	open := func() echo.Pipeline { return openPipeline(t, testkit.Context(t), c) }

	abandoned := make([]echo.Pipeline, mostLarge)
	for i := range abandoned {
		abandoned[i] = open()
		if err := abandoned[i].Send(req); err != nil {
			t.Fatal(err)
		}
	}
	blocked := open()
	sent := make(chan error, 1)
	go func() { sent <- blocked.Send(req) }()
	time.Sleep(10 * time.Millisecond)
	if len(sent) > 0 {
		t.Error("Send beyond the limit has not waited")
	}
	blocked.Close()
	if err := testkit.Receive(t, "Send", sent); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send during Close: error %v, want net.ErrClosed", err)
	}
	for _, p := range abandoned {
		p.Close()
	}

	close(answer)
	p := open()
	for range 3 * mostLarge {
		if err := p.Send(req); err != nil {
			t.Fatal(err)
		}
		if err := p.Receive(new(payload.Payload)); err != nil {
			t.Fatal(err)
		}
	}
	if c.inFlight.free != c.inFlight.size {
		t.Errorf("%d of %d bytes are free without a request in flight", c.inFlight.free, c.inFlight.size)
	}
}
