package tcp

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"google.golang.org/protobuf/proto"
)

const fuzzLimit = 1 << 10

func addSeeds(f *testing.F) {
	small := appendFrame(nil, &payload.Payload{Id: 1, Data: []byte("data"), Timestamp: 2})
	full := appendFrame(nil, &payload.Payload{Id: math.MaxUint64, Data: payload.Body(fuzzLimit, 1), Timestamp: -1})
	f.Add([]byte{})
	f.Add(small)
	f.Add(full)
	f.Add(append(bytes.Clone(small), full...))
	f.Add(small[:len(small)-1])
	f.Add(small[:3])
	f.Add(prefixed(0))
	f.Add(prefixed(math.MaxUint32, 1, 2, 3))
	f.Add(prefixed(fuzzLimit+payload.Overhead, 1, 2, 3))
	f.Add(prefixed(fuzzLimit+payload.Overhead+1, 1, 2, 3))
	f.Add(prefixed(2, 0x12, 0x7f))            // data longer than the frame
	f.Add(prefixed(4, 0x12, 0x00, 0x12, 0))   // data twice
	f.Add(prefixed(3, 0x7a, 0x01, 0xff))      // a field of a later version
	f.Add(prefixed(4, 0x12, 0x82, 0x00, 'x')) // an overlong length
}

// messages is what of in are messages, read in the plainest way.
func messages(in []byte) []*payload.Payload {
	var all []*payload.Payload
	for len(in) >= header {
		n := uint64(binary.BigEndian.Uint32(in))
		in = in[header:]
		p := new(payload.Payload)
		if n > fuzzLimit+payload.Overhead || n > uint64(len(in)) || (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(in[:n], p) != nil {
			break
		}
		all = append(all, p)
		in = in[n:]
	}
	return all
}

// checkBuffers checks that nothing has grown beyond the limit, but for the
// allocator's rounding and, in a reply, a timestamp that the request had not.
func checkBuffers(t *testing.T, c *codec) {
	t.Helper()
	const most = 2 * (fuzzLimit + payload.Overhead)
	if cap(c.in) > most || cap(c.out) > most {
		t.Errorf("buffers of %d and %d bytes, want no more than %d", cap(c.in), cap(c.out), most)
	}
}

func FuzzFrameReader(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		c := readerOf(bytes.NewReader(in), fuzzLimit)
		for i, want := range messages(in) {
			got := &payload.Payload{Id: 9, Data: []byte("stale"), Timestamp: 9}
			if err := c.Read(got); err != nil {
				t.Fatalf("message %d: %v", i, err)
			}
			if !proto.Equal(got, want) {
				t.Fatalf("message %d: got %v, want %v", i, got, want)
			}
		}
		if err := c.Read(new(payload.Payload)); err == nil {
			t.Error("a message more than there are")
		}
		checkBuffers(t, c)
	})
}

func FuzzServer(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		conn := &wire{Reader: bytes.NewReader(in)}
		server := newCodec(conn, fuzzLimit)
		stream.Answer(server, fuzzLimit)
		checkBuffers(t, server)

		client := newCodec(&wire{Reader: &conn.Buffer}, fuzzLimit+payload.Overhead)
		for i, want := range messages(in) {
			var got payload.Payload
			if err := client.Read(&got); err != nil {
				t.Fatalf("reply %d: %v", i, err)
			}
			if got.Id != want.Id || !bytes.Equal(got.Data, want.Data) || got.Timestamp == 0 {
				t.Fatalf("reply %d: id %d, %d bytes, timestamp %d; want %d, %d and the server's", i, got.Id, len(got.Data), got.Timestamp, want.Id, len(want.Data))
			}
		}
		if n := conn.Buffer.Len(); n > 0 || client.r.Buffered() > 0 {
			t.Errorf("%d bytes more than the replies", n+client.r.Buffered())
		}
	})
}
