package gorpcecho

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// testLimit is the limit on the data, in bytes, of the gates under test.
const testLimit = 1000

// A gate passes every stream that gorpc can write, however it arrives.
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
				t.Errorf("%s, %s: %d bytes of %d passed, error %v", c.name, how, len(got), len(stream), err)
			}
		}
	}
}

// A gate refuses every other stream, and keeps refusing it.
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
	id := string(good[len(definition)+1 : len(definition)+3]) // 0xff and one byte
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
		{name: "ID 0, which gorpc does not answer", stream: gobStream(t, wireRequest{0, []byte("x")})},
		{name: "an explicit ID 0", stream: with("\x13" + id + "\x01\x00\x01\x07[]uint8\n\x03\x00\x01X\x00")},
		{name: "a []byte with another type's id", stream: with("\x15" + id + "\x01\x01\x01\x07[]uint8\x0c\x05\x00\x03XXX\x00")},
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
				t.Errorf("%s, %s: error %v, want one that matches ErrTooLarge: %v", c.name, how, err, c.tooLarge)
			}
			if n, again := g.Read(make([]byte, 1)); n != 0 || again != err {
				t.Errorf("%s, %s: Read after the error = %d, %v, want 0 and the same error", c.name, how, n, again)
			}
		}
	}
}
