// Package bodies provides the data that the workers of a benchmark send. The data of
// one client does not repeat within 64 KiB, so that a compressor with a window, such as
// DEFLATE with 32 KiB, finds nothing to compress. All clients send parts of the same
// random bytes, which are few enough for the caches of a processor. No data is copied.
package bodies

import (
	"bytes"
	"sync/atomic"

	"github.com/echobench/echobench/payload"
)

const (
	// minDistance is the minimum distance between equal bytes in the data of one client.
	minDistance = 64 << 10

	// Requests in flight on one client may overtake each other, so the period is longer by
	// one request for each caller, for up to maxTogether callers. A longer period would need
	// more memory than the caches of a processor have.
	maxTogether = 15
)

// Bodies are random bytes. Each request sends a part of them. They are read only.
type Bodies struct {
	bytes []byte
	size  uint64 // of the data of a request
	mask  uint64 // the number of different places at which a request's data may begin, minus 1

	// shared says that all workers share one client. A request's id then determines its
	// place; a shared counter would be one more contended memory location.
	shared bool
}

// New returns Bodies for requests with size bytes of data, which the given number of
// workers send on the given number of clients.
func New(size, workers, clients int) *Bodies {
	callers := (workers + clients - 1) / clients // of each client
	period := uint64(1)                          // large requests may all have the same data
	if size < 2*minDistance {
		for period < uint64(minDistance+min(callers, maxTogether)*size) {
			period *= 2
		}
	}
	b := &Bodies{size: uint64(size), mask: period - 1, shared: clients == 1}
	b.bytes = b.generate()
	return b
}

// generate returns the bytes. The end of the data of a request may lie in a copy of the
// beginning.
func (b *Bodies) generate() []byte {
	if b.mask == 0 {
		return payload.Body(int(b.size), 1)
	}
	random := payload.Body(int(b.mask+1), 1)
	return append(random, random[:b.size]...)
}

// Untouched reports whether nobody has modified the bytes.
func (b *Bodies) Untouched() bool { return bytes.Equal(b.bytes, b.generate()) }

// A Source is the data that one client sends: the Bodies, over and over. Its methods
// may be called by several goroutines at once.
type Source struct {
	*Bodies
	next atomic.Uint64 // the place of the data that Take returns next
	_    [48]byte      // so that Sources of different clients share no cache line
}

// NewSource returns a Source for one client.
func (b *Bodies) NewSource() *Source { return &Source{Bodies: b} }

// Take returns the place of the data of the next request.
func (s *Source) Take() (place uint64) { return s.next.Add(s.size) - s.size }

// At returns the data at a place that Take has returned. It must not be modified.
func (s *Source) At(place uint64) []byte {
	from := place & s.mask
	to := from + s.size
	return s.bytes[from:to:to]
}

// Next returns the data of the next request. The ids of all requests of all clients must
// be consecutive.
func (s *Source) Next(id uint64) []byte {
	if s.shared {
		return s.At(id * s.size)
	}
	return s.At(s.Take())
}
