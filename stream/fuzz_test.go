package stream

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/payload"
)

const fuzzLimit = 1 << 10

func addSeeds(f *testing.F) {
	small := AppendFrame(nil, &payload.Payload{Id: 1, Data: []byte("data"), Timestamp: 2})
	full := AppendFrame(nil, &payload.Payload{Id: math.MaxUint64, Data: payload.Body(fuzzLimit, 1), Timestamp: -1})
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
	f.Add(prefixed(3, 0x7a, 0x01, 0xff))      // an unknown field
	f.Add(prefixed(4, 0x12, 0x82, 0x00, 'x')) // a length with more bytes than necessary

	// The frame is within the limit, because it has neither an id nor a timestamp,
	// but its data is not.
	f.Add(AppendFrame(nil, &payload.Payload{Data: payload.Body(fuzzLimit+1, 1)}))
}

// messages returns the messages at the beginning of in, read in the simplest way.
func messages(in []byte) []*payload.Payload {
	var all []*payload.Payload
	for len(in) >= FrameHeader {
		n := uint64(binary.BigEndian.Uint32(in))
		in = in[FrameHeader:]
		p := new(payload.Payload)
		if n > fuzzLimit+payload.Overhead || n > uint64(len(in)) || (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(in[:n], p) != nil {
			break
		}
		all = append(all, p)
		in = in[n:]
	}
	return all
}

// checkBuffers checks that the codec's buffers have not grown beyond the limit,
// apart from the allocator's rounding and from a reply's timestamp, which its
// request may not have had.
func checkBuffers(t *testing.T, c *FrameCodec) {
	t.Helper()
	const maxCap = 2 * (fuzzLimit + payload.Overhead)
	if cap(c.in) > maxCap || cap(c.out) > maxCap {
		t.Errorf("buffers of %d and %d bytes, want at maxCap %d", cap(c.in), cap(c.out), maxCap)
	}
}

func FuzzFrameReader(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		c := reader(bytes.NewReader(in), fuzzLimit)
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
			t.Error("Read returned a message after the last one")
		}
		checkBuffers(t, c)
	})
}

func FuzzServer(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		conn := &wire{Reader: bytes.NewReader(in)}
		server := NewFrameCodec(conn, fuzzLimit)
		Answer(server, fuzzLimit)
		checkBuffers(t, server)

		client := reader(&conn.Buffer, fuzzLimit+payload.Overhead)
		for i, want := range messages(in) {
			if len(want.Data) > fuzzLimit {
				break // the server closes the connection
			}
			var got payload.Payload
			if err := client.Read(&got); err != nil {
				t.Fatalf("reply %d: %v", i, err)
			}
			if got.Id != want.Id || !bytes.Equal(got.Data, want.Data) || got.Timestamp == 0 {
				t.Fatalf("reply %d: id %d, %d bytes, timestamp %d; want %d, %d and the server's", i, got.Id, len(got.Data), got.Timestamp, want.Id, len(want.Data))
			}
		}
		if n := conn.Buffer.Len() + client.r.Buffered(); n > 0 {
			t.Errorf("%d bytes after the last reply", n)
		}
	})
}
