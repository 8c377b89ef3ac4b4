package grants

import (
	"bytes"
	"encoding/binary"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// fuzzLimit is more than MaxUnannounced, so that some messages need a grant.
const fuzzLimit = 2 * MaxUnannounced

// An answer is what a server with grants sends: a grant, or the reply to a request.
type answer struct {
	grant   uint32 // the announcement; 0 for a reply
	request *payload.Payload
}

// answersTo returns what the server sends to a client that sends in, which it reads
// in the simplest way.
func answersTo(in []byte) (all []answer) {
	for len(in) >= stream.FrameHeader {
		n := binary.BigEndian.Uint32(in)
		maxLength := uint32(MaxUnannounced)
		if n&announced != 0 {
			maxLength = n &^ announced
			if maxLength > fuzzLimit+payload.Overhead {
				break
			}
			all = append(all, answer{grant: n})
			in = in[stream.FrameHeader:]
			if len(in) < stream.FrameHeader {
				break
			}
			n = binary.BigEndian.Uint32(in)
		}
		in = in[stream.FrameHeader:]
		p := new(payload.Payload)
		if n > maxLength || int(n) > len(in) || (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(in[:n], p) != nil || len(p.Data) > fuzzLimit {
			break
		}
		all = append(all, answer{request: p})
		in = in[n:]
	}
	return all
}

func FuzzServer(f *testing.F) {
	small := stream.AppendFrame(nil, &payload.Payload{Id: 1, Data: []byte("data"), Timestamp: 2})
	large := stream.AppendFrame(nil, &payload.Payload{Id: 3, Data: payload.Body(fuzzLimit, 1), Timestamp: 4})
	announce := func(n int, then ...byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, announced|uint32(n)), then...)
	}
	n := len(large) - stream.FrameHeader
	f.Add([]byte{})
	f.Add(small)
	f.Add(large)
	f.Add(announce(n))
	f.Add(announce(n, large...))
	f.Add(announce(n-1, large...))
	f.Add(announce(n, small...))
	f.Add(announce(n, announce(n, large...)...))
	f.Add(append(announce(n, large...), announce(n, large...)...))
	f.Add(announce(fuzzLimit+payload.Overhead+1, large...))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := NewServer(1, fuzzLimit, nil)
		conn := &testkit.Wire{Reader: bytes.NewReader(in)}
		s.Answer(conn, nil)
		if len(s.granted) != 0 {
			t.Error("the connection still holds a grant")
		}
		for i, want := range answersTo(in) {
			if want.request != nil {
				checkReply(t, conn, want.request)
			} else if b := conn.Written.Next(stream.FrameHeader); !bytes.Equal(b, binary.BigEndian.AppendUint32(nil, want.grant)) {
				t.Fatalf("answer %d: %x, want a grant of %x", i, b, want.grant)
			}
		}
		if conn.Written.Len() != 0 {
			t.Errorf("%d bytes after the last answer", conn.Written.Len())
		}
	})
}

// checkReply checks that the next frame that was written to conn answers a request.
func checkReply(t *testing.T, conn *testkit.Wire, want *payload.Payload) {
	t.Helper()
	var got payload.Payload
	header := conn.Written.Next(stream.FrameHeader)
	if len(header) < stream.FrameHeader {
		t.Fatalf("no reply to request %d", want.Id)
	}
	if err := stream.DecodeFrame(conn.Written.Next(int(binary.BigEndian.Uint32(header))), &got); err != nil {
		t.Fatal(err)
	}
	if got.Id != want.Id || !bytes.Equal(got.Data, want.Data) || got.Timestamp == 0 {
		t.Fatalf("reply with id %d, %d bytes, timestamp %d; want %d, %d and the server's", got.Id, len(got.Data), got.Timestamp, want.Id, len(want.Data))
	}
}
