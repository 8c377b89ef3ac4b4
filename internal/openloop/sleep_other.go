//go:build !linux

package openloop

import "time"

// A sleeper sleeps. Elsewhere than on Linux, time.Sleep is precise enough.
type sleeper struct{}

func newSleeper() (*sleeper, error) { return new(sleeper), nil }

func (*sleeper) sleep(ns int64) { time.Sleep(time.Duration(ns)) }

func (*sleeper) close() error { return nil }

// yield does nothing: no portable call lets another thread run.
func yield() {}
