//go:build !linux

package usage

import (
	"errors"
	"runtime"
)

var errNoCounters = errors.New("counters need linux, this is " + runtime.GOOS)

func tryCounter(string) error { return errNoCounters }

// Counters are not available on this platform.
type Counters struct{}

// StartCounters returns an error on this platform.
func StartCounters([]string) (*Counters, error) { return nil, errNoCounters }

// Stop does nothing on this platform.
func (*Counters) Stop(*Snapshot) error { return nil }
