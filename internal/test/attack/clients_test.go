package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// patience is the deadline of calls to hostile servers.
const patience = 200 * time.Millisecond

// TestClients connects clients of each target, and of zmqdealer, to servers that tamper
// with what they send, from the start or after an echo. No call outlives its context, and
// Close ends the calls. Replies may be wrong, because a transport cannot notice every
// change.
func TestClients(t *testing.T) {
	for _, tg := range append(targets, target{variant: "zmqdealer"}) {
		t.Run(tg.variant, func(t *testing.T) {
			t.Parallel()
			tr := transports()[tg.variant]
			if err := contract.Describe(tr, 1).Unavailable; err != nil {
				t.Skip(err)
			}
			betray(t, tr)
		})
	}
}

// betray connects clients of tr to all hostile servers at the same time.
func betray(t *testing.T, tr echo.Transport) {
	srv := testkit.Listen(t, tr)
	var running sync.WaitGroup
	for _, tamper := range tamperings() {
		for _, fromStart := range []bool{true, false} {
			s := &traitor{tampering: tamper, backend: srv.Addr()}
			s.on.Store(fromStart)
			addr := testkit.Serve(t, s.handle)
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
	var dialErr error
	if err := ends("Dial", wait, func(ctx context.Context) { c, dialErr = tr.Dial(ctx, addr) }); err != nil {
		return err
	}
	if dialErr != nil && hostile {
		return nil
	}
	if !hostile {
		if dialErr == nil {
			dialErr = testkit.Echo(context.Background(), c, 1, 64)
		}
		if dialErr != nil {
			return fmt.Errorf("before the server became hostile: %w", dialErr)
		}
		s.on.Store(true)
	}
	return calls(c)
}

// calls makes calls that end with their contexts, and one that ends with Close.
func calls(c echo.Client) error {
	echoes := func(ctx context.Context) {
		c.Echo(ctx, &payload.Payload{Id: 1, Data: payload.Body(64, 1)}, new(payload.Payload))
	}
	for range 2 {
		if err := ends("Echo", patience, echoes); err != nil {
			return err
		}
	}
	last := make(chan error, 1)
	go func() {
		last <- ends("Echo without a deadline, after Close", 0, func(context.Context) { echoes(context.Background()) })
	}()
	time.Sleep(10 * time.Millisecond)
	return errors.Join(ends("Close", 0, func(context.Context) { c.Close() }), <-last)
}

// ends calls f with a context that ends after wait. It returns an error if f has not
// returned a while after that, which leaves room for a busy machine.
func ends(what string, wait time.Duration, f func(context.Context)) error {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if err := bound.Call(wait+testkit.Hang, func() error { f(ctx); return nil }); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// A tampering changes what a server sends. offset is how many bytes it has sent on the
// connection since the tampering began. If end is true, the connection is closed
// afterwards.
type tampering struct {
	name   string
	change func(offset int, b []byte) (sent []byte, end bool)
}

// tamperings returns what hostile servers do.
func tamperings() []tampering {
	all := []tampering{
		{"never answers", func(int, []byte) ([]byte, bool) { return nil, false }},
		{"answers with garbage", func(offset int, b []byte) ([]byte, bool) { return payload.Body(len(b), uint64(offset)), false }},
		{"closes after each reply", func(_ int, b []byte) ([]byte, bool) { return b, true }},
	}
	for _, n := range []int{0, 1, 5, 12, 40} {
		all = append(all, tampering{"closes after " + payload.Size(n).String(), func(offset int, b []byte) ([]byte, bool) {
			left := max(0, n-offset)
			return b[:min(left, len(b))], left <= len(b)
		}})
	}
	// This includes lengths that are huge or that exceed what follows, unknown ids and
	// streams, and other types of messages.
	for i := range 32 {
		all = append(all, flipped(i, 0xff>>(i%2*2)))
	}
	return all
}

// flipped changes some bits of one byte.
func flipped(at int, bits byte) tampering {
	return tampering{"changes byte " + payload.Size(at).String(), func(offset int, b []byte) ([]byte, bool) {
		if i := at - offset; 0 <= i && i < len(b) {
			b[i] ^= bits
		}
		return b, false
	}}
}

// A traitor passes connections on to a server, and tampers with what the server sends.
type traitor struct {
	tampering
	backend string
	on      atomic.Bool // whether it tampers
}

// handle passes one connection on until either end is closed.
func (s *traitor) handle(client net.Conn) {
	server, err := net.Dial("tcp", s.backend)
	if err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		io.Copy(server, client)
	}()
	s.replies(client, server)
	client.Close()
	server.Close()
	<-done
}

func (s *traitor) replies(client, server net.Conn) {
	offset := 0
	for buf := make([]byte, 32<<10); ; {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		b, end := buf[:n], false
		if s.on.Load() {
			b, end = s.change(offset, b)
			offset += n
		}
		if _, err := client.Write(b); err != nil || end {
			return
		}
	}
}
