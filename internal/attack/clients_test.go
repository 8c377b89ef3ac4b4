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

// victims are all variants whose clients differ.
var victims = []string{
	"tcp", "tcpunix", "tcptls", "tcpgrants", "tcpmux", "tcpmuxtls",
	"rest", "resttls", "reststream", "h2c", "h2cstream", "h2",
	"grpc", "grpcstream", "grpctls",
	"gorpc", "gorpctls", "gorpcunix", "gorpccompress",
	"zmq", "zmqblocking", "zmqdealer", "zmqcurve",
}

// patience is the deadline of calls to hostile servers.
const patience = 200 * time.Millisecond

// late are how long calls outlived their contexts at most, and how long Close took.
type late struct {
	mu                sync.Mutex
	dial, echo, close time.Duration
}

func (l *late) note(of *time.Duration, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*of = max(*of, took)
}

// TestAttackClients points the client of each variant at servers that do what
// tamperings says, from the start or after an echo. No call outlives its context, and
// Close ends the calls. Replies may be wrong, because a transport cannot notice every
// change. With -v, it prints how late calls were.
func TestAttackClients(t *testing.T) {
	rows := make([]string, len(victims))
	t.Run("table", func(t *testing.T) {
		for i, name := range victims {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tr := transports()[name]
				if err := contract.Describe(tr, 1).Unavailable; err != nil {
					t.Skip(err)
				}
				var l late
				betray(t, tr, &l)
				rows[i] = fmt.Sprintf("%-14s Dial %v, Echo %v late; Close %v", name, l.dial.Round(time.Millisecond), l.echo.Round(time.Millisecond), l.close.Round(time.Millisecond))
			})
		}
	})
	t.Log("\n" + strings.Join(rows, "\n"))
}

// betray points clients of tr at all hostile servers at the same time.
func betray(t *testing.T, tr echo.Transport, l *late) {
	srv := testkit.Listen(t, tr)
	network := contract.Describe(tr, 1).Network
	backend, key := srv.Addr(), ""
	if network == "tcp" {
		if host, rest, ok := strings.Cut(backend, "/"); ok {
			backend, key = host, "/"+rest
		}
	}
	var running sync.WaitGroup
	for _, tamper := range tamperings() {
		for _, fromStart := range []bool{true, false} {
			s := &traitor{tampering: tamper, network: network, backend: backend}
			s.on.Store(fromStart)
			addr := s.start(t) + key
			running.Go(func() {
				if err := s.betray(tr, addr, l); err != nil {
					t.Errorf("a server that %s, from the start: %t: %v", s.name, fromStart, err)
				}
			})
		}
	}
	running.Wait()
}

// betray uses a client of tr through the traitor at addr.
func (s *traitor) betray(tr echo.Transport, addr string, l *late) error {
	wait := patience
	if !s.on.Load() {
		wait = testkit.Hang
	}
	var c echo.Client
	took, err := bounded(wait, func(ctx context.Context) (err error) {
		c, err = tr.Dial(ctx, addr)
		return err
	})
	if errors.Is(err, bound.ErrNoReturn) {
		return fmt.Errorf("Dial: %w", err)
	}
	if s.on.Load() {
		l.note(&l.dial, took-wait)
	} else if err != nil {
		return fmt.Errorf("Dial before the server became hostile: %w", err)
	}
	if err != nil {
		return nil
	}
	if !s.on.Load() {
		if err := testkit.Echo(context.Background(), c, 1, 64); err != nil {
			return fmt.Errorf("before the server became hostile: %w", err)
		}
		s.on.Store(true)
	}
	return calls(c, l)
}

// calls makes calls that end with their contexts, and one that ends with Close.
func calls(c echo.Client, l *late) error {
	for i := range uint64(3) {
		took, err := bounded(patience, func(ctx context.Context) error {
			return c.Echo(ctx, &payload.Payload{Id: i, Data: payload.Body(64, i)}, new(payload.Payload))
		})
		if errors.Is(err, bound.ErrNoReturn) {
			return fmt.Errorf("Echo with a deadline: %w", err)
		}
		l.note(&l.echo, took-patience)
	}
	last := make(chan error, 1)
	go func() {
		last <- bound.Call(testkit.Hang, func() error {
			return c.Echo(context.Background(), &payload.Payload{Id: 9}, new(payload.Payload))
		})
	}()
	time.Sleep(10 * time.Millisecond)
	took, err := timed(func() error { return bound.Call(closedWithin, c.Close) })
	l.note(&l.close, took)
	if errors.Is(err, bound.ErrNoReturn) {
		return fmt.Errorf("Close: %w", err)
	}
	if err := <-last; errors.Is(err, bound.ErrNoReturn) {
		return fmt.Errorf("Echo without a deadline, after Close: %w", err)
	}
	return nil
}

// bounded calls f with a context that ends after wait, and returns how long f took. If f
// has not returned a while after that, the error matches bound.ErrNoReturn. The while
// has room for a busy machine.
func bounded(wait time.Duration, f func(context.Context) error) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return timed(func() error { return bound.Call(wait+closedWithin, func() error { return f(ctx) }) })
}
