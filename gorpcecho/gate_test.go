package gorpcecho

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/gob"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
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

// gobStream is one gob stream of the values.
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

func deflated(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := newDeflater(&out).Write(b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const testLimit = 1000

func TestGatePasses(t *testing.T) {
	pointed := []byte("x")
	for _, c := range []struct {
		name   string
		form   form
		values []any
	}{
		{"requests", requests, []any{
			wireRequest{1, []byte{}}, wireRequest{127, []byte("x")}, wireRequest{128, make([]byte, 127)},
			wireRequest{1<<64 - 1, make([]byte, testLimit+payload.Overhead)}, wireRequest{5, &pointed},
		}},
		{"responses", responses, []any{
			wireResponse{1, []byte{}, ""}, wireResponse{200, make([]byte, testLimit+payload.Overhead), ""},
			wireResponse{3, "a reason", ""}, wireResponse{4, "", ""}, wireResponse{5, nil, "an error"}, wireResponse{6, []byte("x"), "both"},
		}},
	} {
		stream := gobStream(t, c.values...)
		for how, r := range map[string]io.Reader{
			"at once":      bytes.NewReader(stream),
			"byte by byte": iotest.OneByteReader(bytes.NewReader(stream)),
			"halves":       iotest.HalfReader(bytes.NewReader(stream)),
		} {
			got, err := io.ReadAll(newGate(r, c.form, testLimit))
			if err != nil || !bytes.Equal(got, stream) {
				t.Errorf("%s, %s: %d bytes of %d, error %v", c.name, how, len(got), len(stream), err)
			}
		}
	}
}

func TestGateRefuses(t *testing.T) {
	type (
		other  struct{ X string }
		nested struct {
			ID      uint64
			Request []any
		}
	)
	good := gobStream(t, wireRequest{1, []byte("x")})
	definition := good[:len(good)-1-int(good[1+int(good[0])])]
	with := func(message string) []byte { return append(bytes.Clone(definition), message...) }
	id := string(good[len(definition)+1 : len(definition)+3]) // 0xff and the id
	for _, c := range []struct {
		name     string
		stream   []byte
		tooLarge bool
	}{
		{name: "data over the limit", stream: gobStream(t, wireRequest{1, make([]byte, testLimit+payload.Overhead+gobOverhead)}), tooLarge: true},
		{name: "a length of 1 GiB less a byte", stream: with("\xfc\x3f\xff\xff\xff"), tooLarge: true},
		{name: "a length of 2^63", stream: with("\xf8\x80\x00\x00\x00\x00\x00\x00\x00"), tooLarge: true},
		{name: "a length of 2^64-1", stream: with("\xf8\xff\xff\xff\xff\xff\xff\xff\xff"), tooLarge: true},
		{name: "a length of nine bytes", stream: with("\xf7\x00\x00\x00\x00\x00\x00\x00\x00\x01")},
		{name: "a length of 0", stream: with("\x00")},
		{name: "a first length of 1 GiB", stream: []byte("\xfc\x40\x00\x00\x00"), tooLarge: true},
		{name: "a value before its type", stream: good[len(definition):]},
		{name: "the type twice", stream: append(bytes.Clone(definition), definition...)},
		{name: "a response", stream: gobStream(t, wireResponse{1, []byte("x"), ""})},
		{name: "another type", stream: gobStream(t, other{"x"})},
		{name: "another type with the same first fields", stream: gobStream(t, nested{1, []any{[]byte("x")}})},
		{name: "a plain string", stream: gobStream(t, "x")},
		{name: "a second type", stream: gobStream(t, wireRequest{1, []byte("x")}, other{"x"})},
		{name: "a request of a string", stream: gobStream(t, wireRequest{1, "x"})},
		{name: "a request of a slice", stream: gobStream(t, wireRequest{1, []int{1, 2, 3}})},
		{name: "no request", stream: gobStream(t, wireRequest{1, nil})},
		{name: "ID 0, to which there is no answer", stream: gobStream(t, wireRequest{0, []byte("x")})},
		{name: "a []byte of another type's id", stream: with("\x15" + id + "\x01\x01\x01\x07[]uint8\x0c\x05\x00\x03XXX\x00")},
		{name: "another id", stream: with("\x04\x02\x01\x01\x01")},
		{name: "a message that ends in the ID", stream: with("\x04" + id + "\x01\xff")},
		{name: "garbage", stream: payload.Body(4096, 1)},
		{name: "zeros", stream: make([]byte, 64)},
	} {
		for how, r := range map[string]io.Reader{
			"at once":      bytes.NewReader(c.stream),
			"byte by byte": iotest.OneByteReader(bytes.NewReader(c.stream)),
		} {
			g := newGate(r, requests, testLimit)
			_, err := io.ReadAll(g)
			if err == nil || errors.Is(err, echo.ErrTooLarge) != c.tooLarge {
				t.Errorf("%s, %s: error %v; matches ErrTooLarge: want %v", c.name, how, err, c.tooLarge)
			}
			if n, again := g.Read(make([]byte, 1)); n != 0 || again != err {
				t.Errorf("%s, %s: after the error: %d bytes, error %v", c.name, how, n, again)
			}
		}
	}
}

func TestGobUint(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 255, 256, 1<<32 - 1, 1 << 32, 1<<64 - 1} {
		b := appendGobUint(nil, v)
		if got, n := gobUint(append(bytes.Clone(b), 'x')); got != v || n != len(b) {
			t.Errorf("gobUint(%x) = %d, %d; want %d, %d", b, got, n, v, len(b))
		}
		for i := range b {
			if _, n := gobUint(b[:i]); n != 0 {
				t.Errorf("gobUint(%x) took %d bytes, but it is cut short", b[:i], n)
			}
		}
	}
}

// FuzzGate gives gob any bytes that the gate lets through, as gorpc's server
// does: whatever they say, gob allocates little more than they are.
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
		if got := decode(stream); got > 256<<10+16*uint64(len(stream)) {
			t.Errorf("%d bytes made gob allocate %d", len(stream), got)
		}
		if got := decode(flated(stream)); got > 512<<10+64*uint64(len(stream)) {
			t.Errorf("%d bytes, inflated, made gob allocate %d", len(stream), got)
		}
	})
}

type flated []byte

// decode decodes requests until there is an error and returns how much that
// allocated. An inflated stream may be a thousand times as long as its bytes:
// what it allocates in all is bounded by its messages, so one is enough.
func decode[T []byte | flated](stream T) uint64 {
	in := io.Reader(bytes.NewReader(stream))
	messages := 1 << 30
	if _, ok := any(stream).(flated); ok {
		in, messages = flate.NewReader(in), 3
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := gob.NewDecoder(bufio.NewReader(newGate(in, requests, testLimit)))
	for range messages {
		var r wireRequest
		if d.Decode(&r) != nil {
			break
		}
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
