package openloop

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/echobench/echobench/internal/run/sleep"
)

// A Clock reads time in nanoseconds and waits.
type Clock interface {
	// Now returns the present reading. Any goroutine may call it.
	Now() int64

	// Wait returns the present reading once that is due or later. It may return
	// earlier, but waits for maxWait or longer then. inFlight is how many requests
	// have not been answered. One goroutine at a time calls Wait.
	Wait(due int64, inFlight *atomic.Int64) (now int64)
}

// maxWait is how long Wait waits at most, so that a worker notices soon that its
// context has ended.
const maxWait = int64(50 * time.Millisecond)

// spinTime is how long before the due time Wait begins to spin. It is about as long
// as an idle virtual processor takes to wake up and run a goroutine.
const spinTime = int64(100 * time.Microsecond)

// keepTime is how long before the due time Wait stops letting other threads run, which
// may take longer than that.
const keepTime = int64(5 * time.Microsecond)

// A WallClock is the Clock of real measurements. Wait sleeps until shortly before the
// due time and then spins. While it spins, it lets other goroutines and, on Linux,
// other threads run.
type WallClock struct {
	base  time.Time
	sleep *sleep.Sleeper

	// alone is true if there is a single processor for Go code. A goroutine that
	// spins there keeps the scheduler from looking at the network.
	alone bool
}

// NewWallClock returns a WallClock that reads 0 now. Close releases what it holds.
func NewWallClock() (*WallClock, error) {
	s, err := sleep.New()
	if err != nil {
		return nil, fmt.Errorf("openloop: %w", err)
	}
	return &WallClock{base: time.Now(), sleep: s, alone: runtime.GOMAXPROCS(0) == 1}, nil
}

// Close releases what the clock holds.
func (c *WallClock) Close() error { return c.sleep.Close() }

// Now implements [Clock].
func (c *WallClock) Now() int64 { return int64(time.Since(c.base)) }

// Wait implements [Clock].
func (c *WallClock) Wait(due int64, inFlight *atomic.Int64) (now int64) {
	now = c.Now()
	due = min(due, now+maxWait)
	for ; now < due; now = c.Now() {
		left, busy := due-now, inFlight.Load() > 0
		switch {
		case left > spinTime:
			c.sleep.Sleep(time.Duration(left - spinTime))
		case busy && c.alone:
			c.sleep.Sleep(time.Duration(left))
		default:
			runtime.Gosched()
			if busy && left > keepTime {
				yield()
			}
		}
	}
	return now
}
