package gorpcecho

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"
)

// A gate passes long messages between others, however they arrive.
func TestHoldPasses(t *testing.T) {
	for _, n := range []int{longMessage - 100, longMessage, longMessage + 1, 300_000, 1 << 20} {
		long, short := wireRequest{2, make([]byte, n)}, wireRequest{1, []byte("x")}
		stream := gobStream(t, short, long, long, short, short, long)
		for how, r := range map[string]io.Reader{
			"at once":      bytes.NewReader(stream),
			"byte by byte": iotest.OneByteReader(bytes.NewReader(stream)),
			"halves":       iotest.HalfReader(bytes.NewReader(stream)),
			"with EOF":     iotest.DataErrReader(bytes.NewReader(stream)),
		} {
			got, err := io.ReadAll(newGate(r, requests, 4<<20))
			if err != nil || !bytes.Equal(got, stream) {
				t.Errorf("%d bytes of data, %s: %d bytes of %d passed, error %v", n, how, len(got), len(stream), err)
			}
		}
	}
}

// An announced length alone does not take memory.
func TestHoldsLength(t *testing.T) {
	stream := gobStream(t, wireRequest{1, make([]byte, 4<<20)})
	for _, sent := range []int{100, 1000, 100_000, 1_000_000, len(stream) - 1} {
		if got := decode(bytes.NewReader(stream[:sent]), 4<<20, 2); got > 64<<10+8*uint64(sent) {
			t.Errorf("gob allocated %d bytes after %d of a message of %d", got, sent, len(stream))
		}
	}
}
