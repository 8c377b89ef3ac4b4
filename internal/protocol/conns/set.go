// Package conns keeps track of open connections, so that whoever owns them can
// close them all.
package conns

import (
	"net"
	"sync"
)

// A Set holds open connections. The zero value is an empty set, ready to use.
// Its methods may be called by several goroutines at once.
type Set struct {
	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

// Add adds c to the set. If the set is closed already, Add closes c and returns
// false.
func (s *Set) Add(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return false
	}
	if s.open == nil {
		s.open = map[net.Conn]struct{}{}
	}
	s.open[c] = struct{}{}
	return true
}

// Track adds c to the set, as Add does, and returns a Conn whose Close removes it
// from the set. It returns nil if the set is closed already.
func (s *Set) Track(c net.Conn) *Conn {
	if !s.Add(c) {
		return nil
	}
	return &Conn{Conn: c, set: s}
}

// A Conn is a connection in a Set. Close removes it from the set.
type Conn struct {
	net.Conn
	set *Set
}

// Close closes the connection.
func (c *Conn) Close() error {
	c.set.Remove(c.Conn)
	return c.Conn.Close()
}

// Remove removes c from the set without closing it.
func (s *Set) Remove(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// Len returns the number of connections in the set.
func (s *Set) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Close closes the connections in the set and, from then on, every connection
// that is added. It reports whether this was the first call.
func (s *Set) Close() (first bool) {
	s.mu.Lock()
	first = !s.closed
	open := s.open
	s.open, s.closed = nil, true
	s.mu.Unlock()
	for c := range open {
		c.Close()
	}
	return first
}
