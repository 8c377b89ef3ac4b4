package testkit

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/payload"
)

// An Answerer is the function with which a server answers an encoded request. ok
// is false if it refuses the request. The function may modify the request's
// storage and use it for the reply.
type Answerer func(request []byte) (answer []byte, ok bool)

// TestAnswer checks that an answerer with the given limit on the data, 100 bytes
// or more, answers valid requests and refuses the others.
func TestAnswer(t *testing.T, limit int, answer Answerer) {
	whole := Encode(t, &payload.Payload{Id: 7, Data: payload.Body(50, 1), Timestamp: 1})
	for _, c := range []struct {
		name    string
		request []byte
		ok      bool
	}{
		{"empty", nil, true},
		{"a Payload", whole, true},
		{"data at the limit", Encode(t, &payload.Payload{Data: payload.Body(limit, 1)}), true},
		{"data over the limit", Encode(t, &payload.Payload{Data: payload.Body(limit+1, 1)}), false},
		{"truncated", whole[:len(whole)-1], false},
		{"garbage", []byte("GET / HTTP/1.1\r\n\r\n"), false},
		{"a field that Payload does not have", append(bytes.Clone(whole), 0x20, 0x01), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if Valid(c.request, limit) != c.ok {
				t.Fatalf("the test's own decoder disagrees with the table: want valid to be %v", c.ok)
			}
			CheckAnswer(t, c.request, limit, answer)
		})
	}
}

// FuzzAnswer gives an answerer arbitrary bytes. The answerer must refuse them, or
// answer with the same id and data and a timestamp, within the limit.
func FuzzAnswer(f *testing.F, limit int, answer Answerer) {
	f.Add([]byte{})
	f.Add(Encode(f, &payload.Payload{Id: 1, Data: []byte("x"), Timestamp: 1}))
	f.Add(Encode(f, &payload.Payload{Data: payload.Body(limit, 1)}))
	f.Add(Encode(f, &payload.Payload{Data: payload.Body(limit+1, 1)}))
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 'x'})  // data that claims to have 4 GiB
	f.Add([]byte{0x20, 0x01, 0x09, 0, 0, 0, 0, 0, 0, 0, 1}) // an unknown field before the id
	f.Fuzz(func(t *testing.T, request []byte) { CheckAnswer(t, request, limit, answer) })
}

// Valid reports whether a request is a Payload whose data is within the limit,
// according to the proto package.
func Valid(request []byte, limit int) bool {
	var p payload.Payload
	return proto.Unmarshal(request, &p) == nil && len(p.Data) <= limit
}

// CheckAnswer checks what an answerer does with one request.
func CheckAnswer(t *testing.T, request []byte, limit int, answer Answerer) {
	t.Helper()
	got, ok := answer(bytes.Clone(request))
	if valid := Valid(request, limit); ok != valid {
		t.Fatalf("the request %q was answered: %v, want %v", request, ok, valid)
	}
	if !ok {
		return
	}
	if len(got) == 0 || len(got) > limit+payload.Overhead {
		t.Fatalf("a reply of %d bytes, want 1 to %d", len(got), limit+payload.Overhead)
	}
	var sent, reply payload.Payload
	if err := proto.Unmarshal(request, &sent); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(got, &reply); err != nil {
		t.Fatalf("the reply is not a Payload: %v", err)
	}
	if reply.Id != sent.Id || !bytes.Equal(reply.Data, sent.Data) || reply.Timestamp == 0 {
		t.Errorf("the request %v was answered with %v", &sent, &reply)
	}
	if len(reply.ProtoReflect().GetUnknown()) != 0 {
		t.Error("the reply repeats a field that Payload does not have")
	}
}
