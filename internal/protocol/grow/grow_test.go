package grow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/echobench/echobench/payload"
)

func TestReadFull(t *testing.T) {
	body := payload.Body(1<<20, 1)
	for _, c := range []struct {
		n, have, capacity int // of the buffer: have bytes have been read before
		arrives           int // bytes altogether
		maxCapacity       int // afterwards
	}{
		{0, 0, 0, 0, 0},
		{1, 0, 0, 1, 1},
		{First, 0, 0, First, First},
		{First + 1, 0, 0, First + 1, First + 1},
		{1 << 20, 0, 0, 1 << 20, 1 << 20},
		{1 << 20, 100, 4096, 1 << 20, 1 << 20},
		{1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20},
		{1 << 20, 0, 2 << 20, 1 << 20, 2 << 20},
		{1 << 20, 0, 0, 0, First},
		{1 << 20, 0, 0, 10, First},
		{1 << 20, 0, 0, First, 2 * First},
		{1 << 20, 0, 0, First + 1, 2 * First},
		{1 << 20, 0, 0, 300_000, 600_000},
		{10, 4, 8, 9, First},
	} {
		t.Run(fmt.Sprintf("%d of %d bytes", c.arrives, c.n), func(t *testing.T) {
			for _, r := range []io.Reader{
				bytes.NewReader(body[c.have:c.arrives]),
				iotest.HalfReader(bytes.NewReader(body[c.have:c.arrives])),
				iotest.DataErrReader(bytes.NewReader(body[c.have:c.arrives])),
			} {
				buf := append(make([]byte, 0, c.capacity), body[:c.have]...)
				got, err := ReadFull(r, buf, c.n)
				if !bytes.Equal(got, body[:c.arrives]) {
					t.Errorf("%T: %d bytes, which are not the %d that arrived", r, len(got), c.arrives)
				}
				if complete := c.arrives == c.n; complete && err != nil || !complete && err != io.ErrUnexpectedEOF {
					t.Errorf("%T: error %v", r, err)
				}
				if cap(got) > c.maxCapacity {
					t.Errorf("%T: storage of %d bytes, want at most %d", r, cap(got), c.maxCapacity)
				}
			}
		})
	}
}

func TestReadFullReturnsOtherErrors(t *testing.T) {
	cause := errors.New("cause")
	got, err := ReadFull(io.MultiReader(bytes.NewReader([]byte("ab")), iotest.ErrReader(cause)), nil, 10)
	if string(got) != "ab" || err != cause {
		t.Errorf("%q, error %v; want \"ab\" and the reader's error", got, err)
	}
}
