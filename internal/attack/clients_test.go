package attack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/bound"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// victims are variants whose clients differ, those that differ most first.
var victims = []string{
	"tcp", "rest", "grpc", "zmq", "gorpc", "tcpmux", "h2c", "zmqdealer",
	"tcpgrants", "tcptls", "tcpmuxtls", "resttls", "reststream", "h2cstream", "h2", "grpcstream", "grpctls",
	"gorpctls", "gorpccompress", "zmqblocking", "zmqcurve",
}

// usualVictims is how many of the victims are tried in each run of the tests.
const usualVictims = 8

// patience is the deadline of calls to hostile servers.
const patience = 200 * time.Millisecond

// TestClients points the client of each variant at servers that do what tamperings
// says, from the start or after an echo. No call outlives its context, and Close ends
// the calls. Replies may be wrong, because a transport cannot notice every change.
func TestClients(t *testing.T) {
	for i, name := range victims {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if i >= usualVictims {
				testkit.Long(t)
			}
			tr := transports()[name]
			if err := contract.Describe(tr, 1).Unavailable; err != nil {
				t.Skip(err)
			}
			betray(t, tr)
		})
	}
}

// betray points clients of tr at all hostile servers at the same time.
func betray(t *testing.T, tr echo.Transport) {
	srv := testkit.Listen(t, tr)
	backend, key, _ := strings.Cut(srv.Addr(), "/")
	if key != "" {
		key = "/" + key
	}
	var running sync.WaitGroup
	for _, tamper := range tamperings() {
		for _, fromStart := range []bool{true, false} {
			s := &traitor{tampering: tamper, backend: backend}
			s.on.Store(fromStart)
			addr := s.start(t) + key
			running.Go(func() {
				if err := s.betray(tr, addr); err != nil {
					t.Errorf("a server that %s, from the start: %t: %v", s.name, fromStart, err)
				}
			})
		}
	}
	running.Wait()
}

// betray uses a client of tr through the traitor at addr.
func (s *traitor) betray(tr echo.Transport, addr string) error {
	hostile, wait := s.on.Load(), patience
	if !hostile {
		wait = testkit.Hang
	}
	var c echo.Client
	err := bounded(wait, func(ctx context.Context) (err error) {
		c, err = tr.Dial(ctx, addr)
		return err
	})
	switch {
	case errors.Is(err, bound.ErrNoReturn):
		return fmt.Errorf("Dial: %w", err)
	case err != nil && hostile:
		return nil
	case err != nil:
		return fmt.Errorf("Dial before the server became hostile: %w", err)
	}
	if !hostile {
		if err := testkit.Echo(context.Background(), c, 1, 64); err != nil {
			return fmt.Errorf("before the server became hostile: %w", err)
		}
		s.on.Store(true)
	}
	return calls(c)
}

// calls makes calls that end with their contexts, and one that ends with Close.
func calls(c echo.Client) error {
	for i := range uint64(2) {
		err := bounded(patience, func(ctx context.Context) error {
			return c.Echo(ctx, &payload.Payload{Id: i, Data: payload.Body(64, i)}, new(payload.Payload))
		})
		if errors.Is(err, bound.ErrNoReturn) {
			return fmt.Errorf("Echo with a deadline: %w", err)
		}
	}
	last := make(chan error, 1)
	go func() {
		last <- bound.Call(testkit.Hang, func() error {
			return c.Echo(context.Background(), &payload.Payload{Id: 9}, new(payload.Payload))
		})
	}()
	time.Sleep(10 * time.Millisecond)
	if err := bound.Call(testkit.Hang, c.Close); errors.Is(err, bound.ErrNoReturn) {
		return fmt.Errorf("Close: %w", err)
	}
	if err := <-last; errors.Is(err, bound.ErrNoReturn) {
		return fmt.Errorf("Echo without a deadline, after Close: %w", err)
	}
	return nil
}

// bounded calls f with a context that ends after wait. If f has not returned a while
// after that, the error matches bound.ErrNoReturn. The while has room for a busy machine.
func bounded(wait time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return bound.Call(wait+testkit.Hang, func() error { return f(ctx) })
}
