package attack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
)

// others are the clients that a server should serve during an attack: one that was
// there before, and newcomers, one after the other. A further client uses a server
// that nobody attacks, which tells how busy the machine is.
type others struct {
	running sync.WaitGroup
	done    chan struct{}
	hang    time.Duration // how long they wait before they give up

	newcomers bool

	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	waits   waits
	errs    []error
	rounds  [2]int // of the client that was there before, and of the newcomers
}

// waits are how long clients waited at most.
type waits struct {
	old     time.Duration // an echo of the client that was there before
	new     time.Duration // a newcomer's dial and first echo
	control time.Duration // an echo of the client whose server nobody attacks
}

// pauses between a client's echoes. They keep the machine free for the attack.
const (
	oldPause = 5 * time.Millisecond
	newPause = 20 * time.Millisecond
)

// watch starts the clients except for the newcomers. old and control are connected
// already, and the others do not close them.
func watch(old, control echo.Client, hang time.Duration) *others {
	o := &others{hang: hang, done: make(chan struct{}), changed: make(chan struct{})}
	o.repeat(oldPause, func(i int) error {
		took, err := timed(func() error { return echoSizes(old, i, hang) })
		o.note(func() { o.waits.old = max(o.waits.old, took); o.rounds[0]++ })
		return wrap("the client that was there before", err)
	})
	o.repeat(oldPause, func(i int) error {
		took, err := timed(func() error { return testkit.Echo(context.Background(), control, uint64(i), 64) })
		o.note(func() { o.waits.control = max(o.waits.control, took) })
		return wrap("the client of the server that nobody attacks", err)
	})
	return o
}

// welcome starts the newcomers.
func (o *others) welcome(tr echo.Transport, addr string) {
	o.newcomers = true
	o.repeat(newPause, func(i int) error {
		took, err := timed(func() error { return visit(tr, addr, o.hang) })
		o.note(func() { o.waits.new = max(o.waits.new, took); o.rounds[1]++ })
		return wrap("a newcomer", err)
	})
}

// echoSizes makes an echo of 64 bytes or, one time in four, of 64 KiB.
func echoSizes(c echo.Client, i int, hang time.Duration) error {
	size := 64
	if i%4 == 0 {
		size = 64 << 10
	}
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	return testkit.Echo(ctx, c, uint64(i), size)
}

// visit connects, makes one echo, and closes the connection.
func visit(tr echo.Transport, addr string, hang time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	c, err := tr.Dial(ctx, addr)
	if err != nil {
		return fmt.Errorf("Dial: %w", err)
	}
	return errors.Join(testkit.Echo(ctx, c, 1, 64), c.Close())
}

func timed(f func() error) (time.Duration, error) {
	start := time.Now()
	err := f()
	return time.Since(start), err
}

func wrap(who string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s: %w", who, err)
	}
	return err
}

// repeat calls f until it fails or stop is called.
func (o *others) repeat(pause time.Duration, f func(i int) error) {
	o.running.Go(func() {
		for i := 1; ; i++ {
			if err := f(i); err != nil {
				o.note(func() { o.errs = append(o.errs, err) })
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

func (o *others) note(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
	close(o.changed)
	o.changed = make(chan struct{})
}

// await waits until each client has been served n times more, or has failed.
func (o *others) await(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	enough := [2]int{o.rounds[0] + n, o.rounds[1] + n}
	for len(o.errs) == 0 && (o.rounds[0] < enough[0] || o.newcomers && o.rounds[1] < enough[1]) {
		changed := o.changed
		o.mu.Unlock()
		<-changed // each of their calls is bounded
		o.mu.Lock()
	}
}

// stop ends the clients and returns how long they waited.
func (o *others) stop() (waits, error) {
	close(o.done)
	o.running.Wait()
	return o.waits, errors.Join(o.errs...)
}
