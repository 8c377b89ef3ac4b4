package tcp

import (
	"testing"

	"github.com/echobench/echobench/payload"
)

func TestEcho(t *testing.T) {
	addr := StartServer(t)
	c, err := Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	req := &payload.Payload{Id: 7, Data: payload.Body(4096, 1), Timestamp: 1}
	var reply payload.Payload
	if err := c.Echo(t.Context(), req, &reply); err != nil || reply.Id != 7 || string(reply.Data) != string(req.Data) || reply.Timestamp <= 1 {
		t.Fatalf("Echo: %v, id %d, %d bytes, timestamp %d", err, reply.Id, len(reply.Data), reply.Timestamp)
	}
}
func BenchmarkX(b *testing.B) {
	addr := StartServer(b)
	c, err := Dial(b.Context(), addr)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	req := &payload.Payload{Id: 7, Data: payload.Body(64, 1), Timestamp: 1}
	var reply payload.Payload
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Echo(b.Context(), req, &reply); err != nil {
			b.Fatal(err)
		}
	}
}
