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

func residentAndThreads() (bytes, threads int) { return 0, 0 }

// ReadMachine returns the zero Machine: this platform does not say how busy it is.
func ReadMachine() Machine { return Machine{} }

// ReadQuota returns the zero Quota: only Linux has control groups.
func ReadQuota() Quota { return Quota{} }

// TCPBytes returns nothing: this platform does not say how many bytes a socket has moved.
func TCPBytes() SocketBytes { return nil }
