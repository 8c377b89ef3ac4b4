package rest

import (
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

func TestClaim(t *testing.T) {
	var free atomic.Int64
	free.Store(100)
	a, b := claim{free: &free}, claim{free: &free}
	for _, step := range []struct {
		c    *claim
		n    int
		err  error
		free int64
	}{
		{&a, 60, nil, 40},
		{&b, 41, errNoMemory, 40},
		{&b, 40, nil, 0},
		{&a, 61, errNoMemory, 0},
		{&a, 10, nil, 50},
		{&b, 90, nil, 0},
		{&b, 0, nil, 90},
		{&a, 0, nil, 100},
	} {
		if err := step.c.resize(step.n); err != step.err || free.Load() != step.free {
			t.Errorf("resize to %d: error %v, %d bytes free; want %v, %d", step.n, err, free.Load(), step.err, step.free)
		}
	}
}

// A message does not keep storage that is much larger than its claim.
func TestClaimedStorage(t *testing.T) {
	const large, small = 1 << 20, 100
	body := string(testkit.Encode(t, &payload.Payload{Id: 1, Data: payload.Body(small, 1), Timestamp: 1}))
	for _, c := range []struct {
		name   string
		free   int64 // of the connection's memory; 0 means no limit
		body   string
		length int64
		err    error
		most   int // storage afterwards
	}{
		{"length known", large + large, body, int64(len(body)), nil, 8 << 10},
		{"length unknown", large + large, body, -1, nil, 8 << 10},
		{"length unknown, not enough memory for what is in the pool", large / 2, body, -1, nil, 8 << 10},
		{"no memory", 10, body, int64(len(body)), errNoMemory, large},
		{"no memory, length unknown", 10, body, -1, errNoMemory, large},
		{"no limit", 0, body, int64(len(body)), nil, large},
		{"no limit, length unknown", 0, body, -1, nil, large},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, d := &encoded{b: make([]byte, large)}, &decoded{p: payload.Payload{Data: make([]byte, large)}}
			for _, m := range []struct {
				message
				claim   *claim
				storage *[]byte
			}{{e, &e.claim, &e.b}, {d, &d.claim, &d.p.Data}} {
				var free atomic.Int64
				if free.Store(c.free); c.free > 0 {
					m.claim.free = &free
				}
				err := m.read(strings.NewReader(c.body), c.length, large)
				if err != c.err || err == nil && len(*m.storage) < small {
					t.Errorf("%T: error %v, %d bytes; want %v", m.message, err, len(*m.storage), c.err)
				}
				if got := cap(*m.storage); got > c.most {
					t.Errorf("%T: storage of %d bytes, want at most %d", m.message, got, c.most)
				}
				if held := c.free - free.Load(); c.free > 0 && err == nil && held < int64(len(*m.storage)) {
					t.Errorf("%T: %d bytes claimed for %d", m.message, held, len(*m.storage))
				}
				m.release(false)
				if free.Load() != c.free {
					t.Errorf("%T: %d bytes free after release, want %d", m.message, free.Load(), c.free)
				}
			}
		})
	}
}

// A message of unknown length claims its storage before it grows.
func TestClaimWhileReading(t *testing.T) {
	var free atomic.Int64
	free.Store(100 << 10)
	m := &encoded{claim: claim{free: &free}}
	if err := m.read(io.LimitReader(zeros{}, 1<<20), -1, 1<<20); err != errNoMemory {
		t.Errorf("error %v, want errNoMemory", err)
	}
	if got := cap(m.b); got > 100<<10 {
		t.Errorf("storage of %d bytes with a claim to 100 KiB", got)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
