//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"fmt"
	"sync"

	"github.com/pebbe/zmq4"
)

const (
	// ioThreads is the number of I/O threads of each context, which is libzmq's
	// default.
	ioThreads = 1

	// maxSockets bounds the sockets of the clients' context, in which a Client takes
	// three: its own and the two ends of its monitor. libzmq's default is 1023.
	maxSockets = 16384
)

// newContext returns a context for up to the given number of sockets.
func newContext(sockets int) (*zmq4.Context, error) {
	z, err := zmq4.NewContext()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(z.SetIoThreads(ioThreads), z.SetMaxSockets(sockets)); err != nil {
		z.Term()
		return nil, err
	}
	return z, nil
}

// A sharedContext is the ZeroMQ context of all open Clients of a Transport. It
// exists from the Dial of the first Client until the Close of the last one.
type sharedContext struct {
	mu       sync.Mutex
	context  *zmq4.Context
	users    int
	monitors uint64 // makes the names of the monitors unique
}

// acquire returns the context, for one more user.
func (s *sharedContext) acquire() (*zmq4.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		z, err := newContext(maxSockets)
		if err != nil {
			return nil, err
		}
		s.context = z
	}
	s.users++
	return s.context, nil
}

// release undoes one acquire. The user must have closed its sockets.
func (s *sharedContext) release() error {
	s.mu.Lock()
	s.users--
	last, z := s.users == 0, s.context
	s.mu.Unlock()
	if !last {
		return nil
	}
	return z.Term() // also waits for the connections of the sockets
}

func (s *sharedContext) monitorName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.monitors++
	return fmt.Sprintf("inproc://monitor-%d", s.monitors)
}
