package gorpcecho

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/gob"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// FuzzAnswer gives arbitrary bytes to the function that answers requests.
func FuzzAnswer(f *testing.F) {
	const limit = 1 << 10
	testkit.FuzzAnswer(f, limit, answerer(limit))
}

// FuzzGate gives arbitrary bytes to a gate and what passes it to gob, as gorpc's
// server does. gob must not allocate much more than the length of the bytes.
func FuzzGate(f *testing.F) {
	good := gobStream(f, wireRequest{1, []byte("x")}, wireRequest{2, make([]byte, testLimit)})
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(deflated(f, good))
	f.Add(gobStream(f, wireRequest{1, []int{1}}))
	f.Add(lyingSlice(f))
	f.Add(gobStream(f, wireRequest{1, strings.Repeat("x", testLimit)}))
	f.Add([]byte("\xfc\x3f\xff\xff\xff"))
	f.Add([]byte("\x2b\x7f\x03\x01\x01\x0bwireRequest\x01\xff\x80\x00\x01\x02\x01\x02ID\x01\x06\x00\x01\x07Request\x01\x10\x00\x00\x00" +
		"\x15\xff\x80\x01\x01\x01\x07[]uint8\n\x05\x00\x03XXX\x00"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		if got := decode(bytes.NewReader(stream), testLimit, math.MaxInt); got > 256<<10+16*uint64(len(stream)) {
			t.Errorf("gob allocated %d bytes for a stream of %d", got, len(stream))
		}
		// A compressed stream can be a thousand times as long as its bytes, and can
		// therefore hold very many messages. It is enough to decode a few, because the
		// allocation for each is bounded.
		if got := decode(flate.NewReader(bytes.NewReader(stream)), testLimit, 3); got > 512<<10+64*uint64(len(stream)) {
			t.Errorf("gob allocated %d bytes for a compressed stream of %d", got, len(stream))
		}
	})
}

// decode decodes up to so many requests behind a gate, until there is an error, and
// returns how many bytes that allocated.
func decode(stream io.Reader, limit payload.Size, messages int) uint64 {
	before := testkit.Allocated()
	d := gob.NewDecoder(bufio.NewReader(newGate(stream, requests, limit)))
	for range messages {
		var r wireRequest
		if d.Decode(&r) != nil {
			break
		}
	}
	return testkit.Allocated() - before
}
