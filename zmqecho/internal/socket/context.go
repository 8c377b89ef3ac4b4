//go:build cgo && !nozmq

package socket

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/pebbe/zmq4"
)

const (
	// IOThreads is the number of I/O threads of each ZeroMQ context, which is libzmq's
	// default.
	IOThreads = 1

	// MaxSockets bounds the sockets of the clients' context, in which a Client takes
	// three: its own and the two ends of its monitor. libzmq's default is 1023.
	MaxSockets = 16384
)

// NewContext returns a ZeroMQ context for up to the given number of sockets.
func NewContext(sockets int) (*zmq4.Context, error) {
	z, err := zmq4.NewContext()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(z.SetIoThreads(IOThreads), z.SetMaxSockets(sockets)); err != nil {
		z.Term()
		return nil, err
	}
	return z, nil
}

// A Shared is the ZeroMQ context of all open Clients of a Transport. It exists from
// the Dial of the first Client until the Close of the last one.
type Shared struct {
	mu       sync.Mutex
	context  *zmq4.Context
	users    int
	monitors atomic.Uint64 // makes the names of the monitors unique
}

// Acquire returns the context, for one more user.
func (s *Shared) Acquire() (*zmq4.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		z, err := NewContext(MaxSockets)
		if err != nil {
			return nil, err
		}
		s.context = z
	}
	s.users++
	return s.context, nil
}

// Release undoes one Acquire. The user must have closed its sockets.
func (s *Shared) Release() error {
	s.mu.Lock()
	s.users--
	last, z := s.users == 0, s.context
	s.mu.Unlock()
	if !last {
		return nil
	}
	return z.Term() // also waits for the connections of the sockets
}
