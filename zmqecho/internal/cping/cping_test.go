//go:build cgo && !nozmq

package cping

import (
	"slices"
	"strings"
	"testing"
)

func TestPing(t *testing.T) {
	p, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 64, 64 << 10} {
		rtts := make([]int64, 3)
		if err := p.Ping(make([]byte, size), rtts); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		if slices.Min(rtts) <= 0 {
			t.Errorf("%d bytes: round trips of %v ns", size, rtts)
		}
	}
	for _, c := range []struct{ size, rounds int }{{0, 1}, {1, 0}} {
		if err := p.Ping(make([]byte, c.size), make([]int64, c.rounds)); err == nil || !strings.Contains(err.Error(), "want 1 or more") {
			t.Errorf("%d round trips of %d bytes: %v", c.rounds, c.size, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
