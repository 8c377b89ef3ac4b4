//go:build cgo && !nozmq

package zmqecho

import (
	"fmt"
	"sync"

	"github.com/pebbe/zmq4"
)

// A sharedContext is the ZeroMQ context of a Transport's live clients. It
// exists from the first's Dial to the last's Close.
type sharedContext struct {
	mu       sync.Mutex
	context  *zmq4.Context
	users    int
	monitors uint64 // gives each monitor a name of its own
}

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

// release ends one acquire, after the caller's sockets are closed.
func (s *sharedContext) release() error {
	s.mu.Lock()
	s.users--
	last, z := s.users == 0, s.context
	s.mu.Unlock()
	if !last {
		return nil
	}
	return z.Term() // waits for the sockets' connections, too
}

func (s *sharedContext) monitorName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.monitors++
	return fmt.Sprintf("inproc://monitor-%d", s.monitors)
}
