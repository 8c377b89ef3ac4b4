package gorpcecho

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
		{name: "a Payload", request: bytes.Clone(whole), data: 50},
		{name: "data at the limit", request: encode(t, &payload.Payload{Data: payload.Body(limit, 1)}), data: limit},
		{name: "data over the limit", request: encode(t, &payload.Payload{Data: payload.Body(limit+1, 1)}), refused: true},
		{name: "truncated", request: bytes.Clone(whole[:len(whole)-1]), refused: true},
		{name: "garbage", request: []byte("GET / HTTP/1.1\r\n\r\n"), refused: true},
		{name: "a field that Payload does not have", request: append(bytes.Clone(whole), 0x20, 0x01), data: 50},
	} {
		response := answer(c.request, new(payload.Payload), limit)
		reason, refused := response.(string)
		if refused != c.refused || refused && reason == "" {
			t.Errorf("%s: answer %.50v; refused: want %v", c.name, response, c.refused)
			continue
		}
		if refused {
			continue
		}
		var p payload.Payload
		if err := proto.Unmarshal(response.([]byte), &p); err != nil || len(p.Data) != c.data {
			t.Errorf("%s: answer has %d bytes of data, error %v; want %d", c.name, len(p.Data), err, c.data)
		}
		if len(p.ProtoReflect().GetUnknown()) != 0 {
			t.Errorf("%s: the answer echoes a field that Payload does not have", c.name)
		}
	}
}

func TestAnswerUsesTheRequestsStorage(t *testing.T) {
	request := encode(t, &payload.Payload{Id: 7, Data: payload.Body(50, 1), Timestamp: 1})
	if response := answer(request, new(payload.Payload), 100).([]byte); &response[0] != &request[0] {
		t.Error("the answer has storage of its own")
	}
}

// FuzzAnswer gives the server's handler any bytes: it refuses them or answers
// with the same id and data, within the limit.
func FuzzAnswer(f *testing.F) {
	const limit = 1 << 10
	f.Add([]byte{})
	f.Add(encode(f, &payload.Payload{Id: 1, Data: []byte("x"), Timestamp: 1}))
	f.Add(encode(f, &payload.Payload{Data: payload.Body(limit, 1)}))
	f.Add(encode(f, &payload.Payload{Data: payload.Body(limit+1, 1)}))
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 'x'}) // data of 4 GiB, they say
	f.Add([]byte{0x20, 0x01, 0x09, 0, 0, 0, 0, 0, 0, 0, 1})
	var used payload.Payload
	f.Fuzz(func(t *testing.T, request []byte) {
		var want payload.Payload
		valid := proto.Unmarshal(request, &want) == nil && len(want.Data) <= limit
		got, ok := answer(bytes.Clone(request), &used, limit).([]byte)
		if ok != valid {
			t.Fatalf("answered: %v, want %v", ok, valid)
		}
		if !ok {
			return
		}
		if len(got) > limit+payload.Overhead {
			t.Errorf("answer of %d bytes; want at most %d", len(got), limit+payload.Overhead)
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
