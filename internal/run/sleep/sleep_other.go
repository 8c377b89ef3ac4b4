//go:build !linux

package sleep

import "time"

// A Sleeper sleeps. Elsewhere than on Linux, time.Sleep is precise enough.
type Sleeper struct{}

// New returns a Sleeper.
func New() (*Sleeper, error) { return new(Sleeper), nil }

// Sleep sleeps for d.
func (*Sleeper) Sleep(d time.Duration) { time.Sleep(d) }

// Close does nothing.
func (*Sleeper) Close() error { return nil }
