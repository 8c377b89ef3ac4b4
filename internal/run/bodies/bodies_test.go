package bodies

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/echobench/echobench/payload"
)

var sizes = []int{0, 1, 64, 100, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 100_000, 128 << 10, 4 << 20}

// A client sends the data of a Source. The ids of its requests are consecutive.
type client struct {
	*Source
	id uint64
}

func (c *client) next() []byte {
	c.id++
	return c.Next(c.id)
}

// clients returns a client that is the only one, and one of two clients.
func clients(size, callers int) []*client {
	return []*client{{Source: New(size, callers, 1).NewSource()}, {Source: New(size, 2*callers, 2).NewSource()}}
}

// TestDistance looks for repetitions in the data that one client sends.
func TestDistance(t *testing.T) {
	for _, size := range []int{64, 100, 64 << 10, 100_000} {
		for _, c := range clients(size, 1) {
			var sent []byte
			for len(sent) < 3*minDistance {
				sent = append(sent, c.next()...)
			}
			last := map[[8]byte]int{} // where each 8 bytes were sent last
			for i := range len(sent) - 8 {
				word := [8]byte(sent[i:])
				if at, ok := last[word]; ok && i-at < minDistance {
					t.Fatalf("size %v: the bytes at %d are those at %d, want a distance of %d or more", payload.Size(size), i, at, minDistance)
				}
				last[word] = i
			}
		}
	}
}

// TestNothingToCompress: what many callers of one client send does not compress, even if
// their requests overtake each other.
func TestNothingToCompress(t *testing.T) {
	for _, size := range []int{64, 4 << 10, 64 << 10} {
		for _, callers := range []int{1, 50} {
			for _, c := range clients(size, callers) {
				if sent, compressed := c.compress(t, min(callers, maxTogether)); compressed < sent {
					t.Errorf("size %v, %d callers: %d bytes compress to %d", payload.Size(size), callers, sent, compressed)
				}
			}
		}
	}
}

// compress compresses what the client sends. The given number of requests are in flight, and
// overtake each other at random.
func (c *client) compress(t *testing.T, inFlight int) (sent, compressed int) {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	waiting := make([][]byte, inFlight)
	for sent < 4*minDistance {
		i := rand.IntN(inFlight)
		sent += len(waiting[i])
		w.Write(waiting[i])
		waiting[i] = c.next()
	}
	w.Close()
	return sent, out.Len()
}

// TestTake: no two callers get the same data, and nothing is allocated.
func TestTake(t *testing.T) {
	s := New(64, 4, 1).NewSource()
	var mu sync.Mutex
	var callers sync.WaitGroup
	seen := map[uint64]bool{}
	for range 4 {
		callers.Go(func() {
			for range 1000 {
				place := s.Take()
				mu.Lock()
				if seen[place] || place%64 != 0 {
					t.Errorf("place %d, want a multiple of 64 that nobody else has", place)
				}
				seen[place] = true
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	if n := testing.AllocsPerRun(100, func() { s.Next(7) }); n != 0 {
		t.Errorf("Next allocates %v times, want 0", n)
	}
}

func TestUntouched(t *testing.T) {
	for _, size := range sizes[1:] {
		b := New(size, 1, 1)
		s := b.NewSource()
		if !b.Untouched() {
			t.Errorf("size %v: not untouched, although nobody has written", payload.Size(size))
		}
		s.Next(3)[size-1]++
		if b.Untouched() {
			t.Errorf("size %v: untouched, although a byte has changed", payload.Size(size))
		}
	}
}

// TestMemory: the bytes of all clients together take little memory.
func TestMemory(t *testing.T) {
	for _, size := range sizes {
		for _, callers := range []int{1, 10, 10000} {
			if got, limit := len(New(size, callers, 1).bytes), max(4<<20, size); got > limit {
				t.Errorf("size %v, %d callers: %d bytes, want at most %d", payload.Size(size), callers, got, limit)
			}
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for _, clients := range []int{1, 2} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			s := New(64, clients, clients).NewSource()
			n := 0
			for b.Loop() {
				n += len(s.Next(uint64(n)))
			}
		})
	}
}
