package soak

import (
	"context"
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
)

// A session is a client, which is replaced from time to time, for one caller or for
// several who share it.
type session struct {
	target  *target
	callers int

	mu     sync.Mutex
	client echo.Client // nil if there is none at the moment
}

// get returns the client. If there is none, it dials one, and returns nil if that fails.
func (s *session) get() echo.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client
	}
	t := s.target
	t.busy.Add(1)
	defer t.busy.Add(-1)
	ctx, cancel := context.WithTimeout(context.Background(), t.Timeout)
	defer cancel()
	ends := time.Now().Add(t.Timeout)
	c, err := t.variant.Transport.Dial(ctx, t.addr)
	t.judgeTime("Dial", time.Since(ends))
	t.counts.dials.add(err)
	if err == nil {
		s.client = c
	}
	return s.client
}

// replace closes client, during the calls of other callers. The next call of get dials
// another one.
func (s *session) replace(client echo.Client) {
	s.mu.Lock()
	current := s.client == client
	if current {
		s.client = nil
	}
	s.mu.Unlock()
	if current {
		s.target.closeClient(client)
	}
}

// close closes the client, if there is one.
func (s *session) close() {
	if s.client != nil {
		s.target.closeClient(s.client)
	}
}

// closeClient closes a client that may be broken, so that an error means nothing.
func (t *target) closeClient(c echo.Client) {
	t.busy.Add(1)
	defer t.busy.Add(-1)
	begin := time.Now()
	c.Close()
	took := time.Since(begin)
	t.counts.closing.raise(took)
	if limit := t.slack(); took > limit {
		t.failf("Close of a client took %v, want %v at most", took.Round(time.Millisecond), limit)
	}
}
