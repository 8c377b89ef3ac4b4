package gorpcecho

import (
	"bytes"
	"encoding/gob"
	"testing"
)

// gorpc's types, as gob sees them.
type (
	wireRequest struct {
		ID      uint64
		Request any
	}
	wireResponse struct {
		ID       uint64
		Response any
		Error    string
	}
)

// gobStream returns the values as one gob stream.
func gobStream(t testing.TB, values ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := gob.NewEncoder(&b)
	for _, v := range values {
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// deflated returns b compressed.
func deflated(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := newDeflater(&out).Write(b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// lyingSlice returns a request that holds an []int and claims that it has 2^28-1
// elements. gob would allocate 10 MiB for it.
func lyingSlice(t testing.TB) []byte {
	stream := gobStream(t, wireRequest{1, []int{7}})
	last := 0 // the start of the last message; the length of each is one byte here
	for next := 0; next < len(stream); next += 1 + int(stream[next]) {
		last = next
	}
	honest := []byte{1, 7 << 1, 0} // one element, and the end of wireRequest
	if !bytes.HasSuffix(stream, honest) {
		t.Fatalf("the stream %x does not end in %x", stream, honest)
	}
	stream[last] += 4
	return append(bytes.TrimSuffix(stream, honest), 0xfc, 0x0f, 0xff, 0xff, 0xff, 7<<1, 0)
}

func TestGobUint(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 255, 256, 1<<32 - 1, 1 << 32, 1<<64 - 1} {
		b := appendGobUint(nil, v)
		if got, n := gobUint(append(bytes.Clone(b), 'x')); got != v || n != len(b) {
			t.Errorf("gobUint(%x) = %d, %d, want %d, %d", b, got, n, v, len(b))
		}
		for i := range b {
			if _, n := gobUint(b[:i]); n != 0 {
				t.Errorf("gobUint(%x) consumed %d bytes, want 0 because the integer is truncated", b[:i], n)
			}
		}
	}
}
