package rest

import (
	"io"
	"sync"

	"github.com/echobench/echobench/payload"
)

// A buffer holds a body and, at the server, what was in it. It is pooled: there
// may be as many in use as requests, but their storage outlives them.
type buffer struct {
	b []byte
	p payload.Payload
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// read reads the whole of r into b. size is how long r says it is, -1 if it
// does not say; r itself must fail beyond max bytes. No more than max bytes and
// a reply's overhead are allocated at once.
func (b *buffer) read(r io.Reader, size, max int64) error {
	if size >= 0 {
		if int64(cap(b.b)) < size {
			b.b = make([]byte, 0, size+payload.Overhead)
		}
		b.b = b.b[:size]
		_, err := io.ReadFull(r, b.b)
		return err
	}
	b.b = b.b[:0]
	for {
		if len(b.b) == cap(b.b) {
			// One byte more than max, so that there is always room to read the end.
			grown := make([]byte, len(b.b), min(2*int64(cap(b.b))+512, max+1))
			copy(grown, b.b)
			b.b = grown
		}
		n, err := r.Read(b.b[len(b.b):cap(b.b)])
		b.b = b.b[:len(b.b)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
