package zmqecho

import (
	"bytes"
	"testing"

	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

// encode is p on the wire.
func encode(t testing.TB, p *payload.Payload) []byte {
	t.Helper()
	b, err := proto.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnswer(t *testing.T) {
	const limit = 100
	whole := encode(t, &payload.Payload{Id: 7, Data: payload.Body(50, 1), Timestamp: 1})
	for _, c := range []struct {
		name    string
		request []byte
		refused bool
		data    int
	}{
		{name: "empty", request: nil, data: 0},
		{name: "a Payload", request: whole, data: 50},
		{name: "data at the limit", request: encode(t, &payload.Payload{Data: payload.Body(limit, 1)}), data: limit},
		{name: "data over the limit", request: encode(t, &payload.Payload{Data: payload.Body(limit+1, 1)}), refused: true},
		{name: "truncated", request: whole[:len(whole)-1], refused: true},
		{name: "garbage", request: []byte("GET / HTTP/1.1\r\n\r\n"), refused: true},
		{name: "a field that Payload does not have", request: append(bytes.Clone(whole), 0x20, 0x01), data: 50},
	} {
		a := answerer{limit: limit}
		got := a.answer(c.request)
		if refused := len(got) == 0; refused != c.refused {
			t.Errorf("%s: answer of %d bytes; refused: want %v", c.name, len(got), c.refused)
			continue
		}
		var p payload.Payload
		if err := proto.Unmarshal(got, &p); err != nil || len(p.Data) != c.data {
			t.Errorf("%s: answer has %d bytes of data, error %v; want %d", c.name, len(p.Data), err, c.data)
		}
		if len(p.ProtoReflect().GetUnknown()) != 0 {
			t.Errorf("%s: the answer echoes a field that Payload does not have", c.name)
		}
	}
}

// FuzzAnswer gives the server's decoder any bytes: it refuses them or answers
// with the same id and data, within the limit.
func FuzzAnswer(f *testing.F) {
	const limit = 1 << 10
	f.Add([]byte{})
	f.Add(encode(f, &payload.Payload{Id: 1, Data: []byte("x"), Timestamp: 1}))
	f.Add(encode(f, &payload.Payload{Data: payload.Body(limit, 1)}))
	f.Add(encode(f, &payload.Payload{Data: payload.Body(limit+1, 1)}))
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 'x'}) // data of 4 GiB, they say
	f.Add([]byte{0x20, 0x01, 0x09, 0, 0, 0, 0, 0, 0, 0, 1})
	a := answerer{limit: limit}
	f.Fuzz(func(t *testing.T, request []byte) {
		got := a.answer(request)
		if cap(a.out) > 2*(limit+payload.Overhead) {
			t.Errorf("a request of %d bytes made the answer's buffer grow to %d", len(request), cap(a.out))
		}
		var want payload.Payload
		if err := proto.Unmarshal(request, &want); err != nil || len(want.Data) > limit {
			if len(got) != 0 {
				t.Errorf("answered %q, which is to be refused, with %q", request, got)
			}
			return
		}
		if len(got) == 0 || len(got) > limit+payload.Overhead {
			t.Fatalf("answer of %d bytes; want 1 to %d", len(got), limit+payload.Overhead)
		}
		var p payload.Payload
		if err := proto.Unmarshal(got, &p); err != nil {
			t.Fatalf("the answer is not a Payload: %v", err)
		}
		if p.Id != want.Id || !bytes.Equal(p.Data, want.Data) || p.Timestamp == 0 {
			t.Errorf("answered %v with %v", &want, &p)
		}
	})
}
