package mux

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

const fuzzLimit = 1 << 10

// prefixed returns the header of a message of n bytes with number 7, followed by
// body.
func prefixed(n uint32, body ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, n)
	b = binary.BigEndian.AppendUint64(b, 7)
	return append(b, body...)
}

// requests returns the valid requests at the beginning of in, read in the
// simplest way.
func requests(in []byte) []request {
	var all []request
	for len(in) >= frameHeader {
		n := uint64(binary.BigEndian.Uint32(in))
		number := binary.BigEndian.Uint64(in[stream.FrameHeader:])
		in = in[frameHeader:]
		p := new(payload.Payload)
		if n > fuzzLimit+payload.Overhead || n > uint64(len(in)) || (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(in[:n], p) != nil || len(p.Data) > fuzzLimit {
			break
		}
		all = append(all, request{number, p})
		in = in[n:]
	}
	return all
}

func FuzzAnswer(f *testing.F) {
	small := appendFrame(nil, 0, &payload.Payload{Id: 1, Data: []byte("data"), Timestamp: 2})
	full := appendFrame(nil, math.MaxUint64, &payload.Payload{Id: math.MaxUint64, Data: payload.Body(fuzzLimit, 1), Timestamp: -1})
	f.Add([]byte{})
	f.Add(small)
	f.Add(full)
	f.Add(append(bytes.Clone(small), full...))
	f.Add(bytes.Repeat(full, 2*flushAt/len(full)))
	f.Add(small[:len(small)-1])
	f.Add(small[:5])
	f.Add(append(bytes.Clone(small), small[:frameHeader]...))
	f.Add(prefixed(0))
	f.Add(prefixed(math.MaxUint32, 1, 2, 3))
	f.Add(prefixed(fuzzLimit+payload.Overhead, 1, 2, 3))
	f.Add(prefixed(fuzzLimit+payload.Overhead+1, 1, 2, 3))
	f.Add(prefixed(2, 0x12, 0x7f))
	f.Add(appendFrame(nil, 1, &payload.Payload{Data: payload.Body(fuzzLimit+1, 1)})) // only the data is over the limit
	f.Fuzz(func(t *testing.T, in []byte) {
		conn := &testkit.Wire{Reader: bytes.NewReader(in)}
		Answer(conn, fuzzLimit, nil, nil)
		replies := newReader(&conn.Written, fuzzLimit+payload.Overhead)
		want := requests(in)
		// The replies come in order. Those that were not written yet when the
		// connection ended may be missing.
		for i := 0; ; i++ {
			number, body, err := replies.next()
			if err != nil {
				break
			}
			if i == len(want) {
				t.Fatal("there are more replies than requests")
			}
			got := new(payload.Payload)
			if err := stream.DecodeFrame(body, got); err != nil {
				t.Fatalf("reply %d: %v", i, err)
			}
			if number != want[i].number || got.Id != want[i].p.Id || !bytes.Equal(got.Data, want[i].p.Data) || got.Timestamp == 0 {
				t.Fatalf("reply %d: number %d, id %d, %d bytes; want %d, %d, %d", i, number, got.Id, len(got.Data), want[i].number, want[i].p.Id, len(want[i].p.Data))
			}
		}
	})
}

func FuzzReader(f *testing.F) {
	f.Add(prefixed(0))
	f.Add(prefixed(3, 1, 2, 3))
	f.Add(prefixed(math.MaxUint32, 1, 2, 3))
	f.Add(prefixed(ReadBuffer+1, 1, 2, 3))
	f.Add(append(prefixed(1, 1), prefixed(2, 1)...))
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 2 * ReadBuffer // so that a message may exceed the buffer
		r := newReader(bytes.NewReader(in), limit)
		rest := in
		for {
			number, body, err := r.next()
			if err != nil {
				break
			}
			if len(rest) < frameHeader+len(body) || number != binary.BigEndian.Uint64(rest[stream.FrameHeader:]) || !bytes.Equal(body, rest[frameHeader:][:len(body)]) {
				t.Fatalf("next returned %d bytes with number %d, which are not the next message of %d bytes", len(body), number, len(rest))
			}
			rest = rest[frameHeader+len(body):]
		}
		if len(rest) >= frameHeader {
			if n := uint64(binary.BigEndian.Uint32(rest)); n <= limit+payload.Overhead && n <= uint64(len(rest)-frameHeader) {
				t.Errorf("a message of %d bytes was not read", n)
			}
		}
		if cap(r.large) > 2*(limit+payload.Overhead) {
			t.Errorf("a buffer of %d bytes with a limit of %d", cap(r.large), limit)
		}
	})
}
