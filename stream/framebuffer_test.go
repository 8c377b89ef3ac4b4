package stream

import (
	"testing"

	"github.com/echobench/echobench/payload"
)

// A packets returns at most what is left of one packet in each Read, and counts the
// calls.
type packets struct {
	left  [][]byte
	reads int
}

func (p *packets) Read(b []byte) (int, error) {
	p.reads++
	n := copy(b, p.left[0])
	if p.left[0] = p.left[0][n:]; len(p.left[0]) == 0 {
		p.left = p.left[1:]
	}
	return n, nil
}

// TestFrameBuffer checks that a small message takes one read, except for the first of
// a kilobyte or more, and how large the buffer is.
func TestFrameBuffer(t *testing.T) {
	const frames = 10
	for _, c := range []struct {
		data, reads, size int
	}{
		{64, frames, firstBuffer},
		{400, frames, firstBuffer},
		{1 << 10, frames + 1, FrameBuffer},
		{4000, frames + 1, FrameBuffer},
		{64 << 10, 2 * frames, FrameBuffer},
	} {
		in := new(packets)
		frame := AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(c.data, 1), Timestamp: 1})
		for range frames {
			in.left = append(in.left, frame)
		}
		codec := reader(in, 1<<20)
		for range frames {
			var p payload.Payload
			if err := codec.Read(&p); err != nil || len(p.Data) != c.data {
				t.Fatalf("Read of %d bytes: %d bytes, %v", c.data, len(p.Data), err)
			}
		}
		if in.reads != c.reads || codec.r.Size() != c.size {
			t.Errorf("%d messages of %d bytes took %d reads and a buffer of %d bytes, want %d and %d", frames, c.data, in.reads, codec.r.Size(), c.reads, c.size)
		}
	}
}
