//go:build !linux

package usage

import (
	"errors"
	"runtime"
)

var errNoCounters = errors.New("counters need linux, this is " + runtime.GOOS)

func tryCounter(string) error { return errNoCounters }

// Counters are not available here.
type Counters struct{}

// StartCounters fails here.
func StartCounters([]string) (*Counters, error) { return nil, errNoCounters }

// Stop does nothing here.
func (*Counters) Stop(*Snapshot) error { return nil }
