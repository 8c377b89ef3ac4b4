package tcp

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A client that sends and never reads makes the server hold no more than Settings
// says. Other clients are served.
func TestMemoryOfAConnection(t *testing.T) {
	p := &payload.Payload{Id: 1, Data: payload.Body(4<<20, 1)}
	announcement := binary.BigEndian.AppendUint32(nil, announced|uint32(payload.EncodedLen(p)))
	for _, c := range []struct {
		name    string
		tr      *Transport
		message []byte
	}{
		{"plain", &Transport{}, stream.AppendFrame(nil, p)},
		{"refusing", &Transport{RefuseAbove: 1000}, stream.AppendFrame(nil, p)},
		{"grants", &Transport{Grants: 1}, stream.AppendFrame(announcement, p)},
		{"mux", &Transport{Mux: true}, appendMuxFrame(nil, 1, p)},
		{"mux, small messages", &Transport{Mux: true}, appendMuxFrame(nil, 1, &payload.Payload{Data: p.Data[:64]})},
		{"mux, refusing", &Transport{Mux: true, RefuseAbove: 1}, appendMuxFrame(nil, 1, &payload.Payload{Data: p.Data[:64]})},
	} {
		t.Run(c.name, func(t *testing.T) {
			limit, err := c.tr.check()
			if err != nil {
				t.Fatal(err)
			}
			addr := testkit.Listen(t, c.tr).Addr()
			before := testkit.Held()
			conn := testkit.DialTCP(t, addr)
			for sent := 0; sent < 64<<20; sent += len(c.message) { // far more than all buffers hold
				conn.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
				if _, err := conn.Write(c.message); err != nil {
					break
				}
			}
			held := int64(testkit.Held()) - int64(before)
			if room := int64(4 << 20); held > connMemory(limit)+room {
				t.Errorf("the server holds %d bytes, want %d at most, and %d for this test", held, connMemory(limit), room)
			}
			testkit.MustEcho(t, testkit.Dial(t, c.tr, addr), 7, 64)
		})
	}
}
