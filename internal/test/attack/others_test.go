package attack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
)

// others are the clients that a server should serve during an attack: one that was
// connected before, and newcomers, one after another. A further client uses a server
// that nobody attacks, which shows how busy the machine is.
type others struct {
	ctx     context.Context // ends when the server has ended
	wait    time.Duration   // how long they wait before they give up
	running sync.WaitGroup
	done    chan struct{}

	mu    sync.Mutex
	waits waits
	errs  []error
}

// waits are the maximum times that clients have waited.
type waits struct {
	old     time.Duration // an echo of the client that was connected before
	new     time.Duration // a newcomer's dial and first echo; 0 without newcomers
	control time.Duration // an echo of the client whose server nobody attacks
}

// max returns the maximum for the clients of the attacked server.
func (w waits) max() time.Duration { return max(w.old, w.new) }

// watch starts the clients. Those that are connected are not closed.
func watch(ctx context.Context, old, control echo.Client, wait time.Duration) *others {
	o := &others{ctx: ctx, wait: wait, done: make(chan struct{})}
	o.repeat("the client that was there before", &o.waits.old, 5*time.Millisecond, func(ctx context.Context, i int) error {
		return echoSizes(ctx, old, i)
	})
	o.repeat("the client of the server that nobody attacks", &o.waits.control, 5*time.Millisecond, func(ctx context.Context, i int) error {
		return testkit.Echo(ctx, control, uint64(i), 64)
	})
	return o
}

// welcome starts the newcomers.
func (o *others) welcome(tr echo.Transport, addr string) {
	o.repeat("a newcomer", &o.waits.new, 20*time.Millisecond, func(ctx context.Context, _ int) error { return visit(ctx, tr, addr) })
}

// echoSizes makes an echo of 64 bytes or, one time in four, of 64 KiB.
func echoSizes(ctx context.Context, c echo.Client, i int) error {
	size := 64
	if i%4 == 0 {
		size = 64 << 10
	}
	return testkit.Echo(ctx, c, uint64(i), size)
}

// visit connects, makes one echo, and closes the connection.
func visit(ctx context.Context, tr echo.Transport, addr string) error {
	c, err := tr.Dial(ctx, addr)
	if err != nil {
		return fmt.Errorf("Dial: %w", err)
	}
	err = testkit.Echo(ctx, c, 1, 64)
	c.Close() // the server may have ended
	return err
}

// repeat calls f until it fails or stop is called, and stores the maximum duration of a
// call in maxWait. It pauses between calls, so that the machine is free for the attack.
func (o *others) repeat(who string, maxWait *time.Duration, pause time.Duration, f func(ctx context.Context, i int) error) {
	o.running.Go(func() {
		for i := 1; ; i++ {
			ctx, cancel := context.WithTimeout(o.ctx, o.wait)
			took, err := timed(func() error { return f(ctx, i) })
			cancel()
			o.mu.Lock()
			*maxWait = max(*maxWait, took)
			if err != nil {
				o.errs = append(o.errs, fmt.Errorf("%s: %w", who, err))
			}
			o.mu.Unlock()
			if err != nil {
				return
			}
			select {
			case <-o.done:
				return
			case <-time.After(pause):
			}
		}
	})
}

func timed(f func() error) (time.Duration, error) {
	start := time.Now()
	err := f()
	return time.Since(start), err
}

// stop ends the clients after their present calls, and returns how long they waited.
func (o *others) stop() (waits, error) {
	close(o.done)
	o.running.Wait()
	return o.waits, errors.Join(o.errs...)
}
