package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/bound"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/test/fault"
	"github.com/echobench/echobench/payload"
)

// A target is one variant with its server and its proxy.
type target struct {
	*Soak
	variant  echo.Variant
	failures *failures
	lag      *lag
	server   echo.Server
	proxy    *fault.Proxy
	addr     string      // of the server, by way of the proxy
	direct   echo.Client // does not use the proxy
	counts   counts
	busy     atomic.Int64 // calls that have not returned
}

func (t *target) failf(format string, args ...any) {
	t.failures.add(t.variant.Name, format, args...)
}

// start starts the server, the proxy and the direct client.
func (t *target) start() (err error) {
	if t.server, err = t.variant.Transport.Listen(""); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	network := contract.Describe(t.variant.Transport, t.Callers).Network
	addr := t.server.Addr()
	backend := addr
	if network == "tcp" {
		backend, _, _ = strings.Cut(addr, "/") // what follows may be a key
	}
	if t.proxy, err = fault.Start(network, backend, fault.Random(t.Seed)); err != nil {
		return err
	}
	t.addr = t.proxy.Addr() + strings.TrimPrefix(addr, backend)
	ctx, cancel := context.WithTimeout(context.Background(), t.success())
	defer cancel()
	if t.direct, err = t.variant.Transport.Dial(ctx, addr); err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	t.serveDirect(new(payload.Payload), 64)
	return nil
}

// close closes what start has started.
func (t *target) close() {
	if t.direct != nil {
		t.within("Close of the direct client", t.direct.Close)
	}
	if t.server != nil {
		t.within("Close of the server", t.server.Close)
	}
	if t.proxy != nil {
		t.within("Close of the proxy", t.proxy.Close)
	}
}

// slack returns how late a call may be.
func (t *target) slack() time.Duration {
	if t.Strict {
		return t.Slack
	}
	return t.Slack + 10*t.lag.max()
}

// within calls f, which must return without an error within the slack.
func (t *target) within(what string, f func() error) {
	if err := bound.Call(t.slack(), f); err != nil {
		t.failf("%s: %v", what, err)
	}
}

// fire makes faults for d, while callers and the direct client make calls. Afterwards
// it checks that new clients work.
func (t *target) fire(d time.Duration) {
	t.proxy.Begin()
	ctx, cancel := context.WithCancel(context.Background())
	sessions := t.sessions()
	var running sync.WaitGroup
	for i := range t.Callers {
		c := t.newCaller(i, sessions[i%len(sessions)])
		running.Go(func() { c.run(ctx) })
	}
	running.Go(func() { t.runDirect(ctx) })
	time.Sleep(d)
	t.proxy.End()
	cancel()
	t.recover()
	running.Wait()
	for _, s := range sessions {
		s.close()
	}
}

// sessions returns as many sessions as the callers need clients.
func (t *target) sessions() []*session {
	n := contract.Describe(t.variant.Transport, t.Callers).Clients
	sessions := make([]*session, n)
	for i := range sessions {
		sessions[i] = &session{target: t, callers: t.Callers / n}
	}
	return sessions
}

// runDirect makes calls by the direct client until ctx ends. All must succeed.
func (t *target) runDirect(ctx context.Context) {
	reply := new(payload.Payload)
	for i := 0; ctx.Err() == nil; i++ {
		if !t.serveDirect(reply, []int{64, 16 << 10}[i%2]) {
			return
		}
		sleep(ctx, 30*time.Millisecond)
	}
}

// serveDirect makes one call by the direct client.
func (t *target) serveDirect(reply *payload.Payload, size int) bool {
	begin := time.Now()
	err := t.mustEcho(t.direct, reply, size)
	if err != nil {
		t.failf("the direct client, after %v: %v", time.Since(begin).Round(time.Millisecond), err)
		return false
	}
	t.counts.direct.raise(time.Since(begin))
	return true
}

var ids atomic.Uint64

// newRequest returns a request whose id and data no other request has.
func newRequest(size int) *payload.Payload {
	id := ids.Add(1)
	return &payload.Payload{Id: id, Data: payload.Body(size, id), Timestamp: 1}
}

// mustEcho makes a call that must succeed.
func (t *target) mustEcho(c echo.Client, reply *payload.Payload, size int) error {
	t.busy.Add(1)
	defer t.busy.Add(-1)
	ctx, cancel := context.WithTimeout(context.Background(), t.success())
	defer cancel()
	req := newRequest(size)
	if err := c.Echo(ctx, req, reply); err != nil {
		return err
	}
	return contract.Verify(req, reply, true)
}

// newClients is how many clients must work after the end of the faults.
const newClients = 4

// recover checks that new clients, which use the proxy, work soon.
func (t *target) recover() {
	begin := time.Now()
	var running sync.WaitGroup
	for range newClients {
		running.Go(func() {
			if err := t.tryNewClient(begin.Add(t.recovery())); err != nil {
				t.failf("a new client, %v after the faults ended: %v", time.Since(begin).Round(time.Millisecond), err)
			}
		})
	}
	running.Wait()
	t.counts.recovered.raise(time.Since(begin))
}

// tryNewClient makes an echo by a new client, and tries again after an error until the
// deadline.
func (t *target) tryNewClient(deadline time.Time) error {
	t.busy.Add(1)
	defer t.busy.Add(-1)
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	for {
		err := t.echoOnce(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		sleep(ctx, 10*time.Millisecond)
	}
}

func (t *target) echoOnce(ctx context.Context) error {
	c, err := t.variant.Transport.Dial(ctx, t.addr)
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer t.closeClient(c)
	req, reply := newRequest(64), new(payload.Payload)
	if err := c.Echo(ctx, req, reply); err != nil {
		return err
	}
	return contract.Verify(req, reply, true)
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// newRand returns the random numbers of a caller.
func (t *target) newRand(caller int) *rand.Rand {
	return rand.New(rand.NewPCG(t.Seed, uint64(caller)))
}
