//go:build cgo && !nozmq

package cping

import (
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestPing(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for range 3 {
		running.Go(func() { testClient(t, s) })
	}
	running.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func testClient(t *testing.T, s *Server) {
	c, err := s.Connect()
	if err != nil {
		t.Error(err)
		return
	}
	for _, size := range []int{1, 64, 64 << 10} {
		rtts := make([]int64, 3)
		if err := c.Ping(make([]byte, size), rtts); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		if slices.Min(rtts) <= 0 {
			t.Errorf("%d bytes: round trips of %v ns", size, rtts)
		}
	}
	for _, bad := range []struct{ size, rounds int }{{0, 1}, {1, 0}} {
		if err := c.Ping(make([]byte, bad.size), make([]int64, bad.rounds)); err == nil || !strings.Contains(err.Error(), "want 1 or more") {
			t.Errorf("%d round trips of %d bytes: %v", bad.rounds, bad.size, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
