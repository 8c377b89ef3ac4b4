package tcp

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

const fuzzLimit = 1 << 10

// A wire is a connection with a given input. It keeps what is written to it.
type wire struct {
	io.Reader
	bytes.Buffer
}

func (w *wire) Read(b []byte) (int, error) { return w.Reader.Read(b) }

// muxPrefixed returns the header of a message of n bytes with number 7, followed by
// body.
func muxPrefixed(n uint32, body ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, n)
	b = binary.BigEndian.AppendUint64(b, 7)
	return append(b, body...)
}

// muxRequests returns the valid requests at the beginning of in, read in the
// simplest way.
func muxRequests(in []byte) []muxRequest {
	var all []muxRequest
	for len(in) >= muxHeader {
		n := uint64(binary.BigEndian.Uint32(in))
		number := binary.BigEndian.Uint64(in[stream.FrameHeader:])
		in = in[muxHeader:]
		p := new(payload.Payload)
		if n > fuzzLimit+payload.Overhead || n > uint64(len(in)) || (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(in[:n], p) != nil || len(p.Data) > fuzzLimit {
			break
		}
		all = append(all, muxRequest{number, p})
		in = in[n:]
	}
	return all
}

func FuzzMuxServer(f *testing.F) {
	small := appendMuxFrame(nil, 0, &payload.Payload{Id: 1, Data: []byte("data"), Timestamp: 2})
	full := appendMuxFrame(nil, math.MaxUint64, &payload.Payload{Id: math.MaxUint64, Data: payload.Body(fuzzLimit, 1), Timestamp: -1})
	f.Add([]byte{})
	f.Add(small)
	f.Add(full)
	f.Add(append(bytes.Clone(small), full...))
	f.Add(bytes.Repeat(full, 2*flushAt/len(full)))
	f.Add(small[:len(small)-1])
	f.Add(small[:5])
	f.Add(append(bytes.Clone(small), small[:muxHeader]...))
	f.Add(muxPrefixed(0))
	f.Add(muxPrefixed(math.MaxUint32, 1, 2, 3))
	f.Add(muxPrefixed(fuzzLimit+payload.Overhead, 1, 2, 3))
	f.Add(muxPrefixed(fuzzLimit+payload.Overhead+1, 1, 2, 3))
	f.Add(muxPrefixed(2, 0x12, 0x7f))
	f.Add(appendMuxFrame(nil, 1, &payload.Payload{Data: payload.Body(fuzzLimit+1, 1)})) // only the data is over the limit
	f.Fuzz(func(t *testing.T, in []byte) {
		conn := &wire{Reader: bytes.NewReader(in)}
		answerMux(conn, fuzzLimit, nil, nil)
		replies := newMuxReader(&conn.Buffer, fuzzLimit+payload.Overhead)
		want := muxRequests(in)
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

func FuzzMuxReader(f *testing.F) {
	f.Add(muxPrefixed(0))
	f.Add(muxPrefixed(3, 1, 2, 3))
	f.Add(muxPrefixed(math.MaxUint32, 1, 2, 3))
	f.Add(muxPrefixed(muxReadBuffer+1, 1, 2, 3))
	f.Add(append(muxPrefixed(1, 1), muxPrefixed(2, 1)...))
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 2 * muxReadBuffer // so that a message may exceed the buffer
		r := newMuxReader(bytes.NewReader(in), limit)
		rest := in
		for {
			number, body, err := r.next()
			if err != nil {
				break
			}
			if len(rest) < muxHeader+len(body) || number != binary.BigEndian.Uint64(rest[stream.FrameHeader:]) || !bytes.Equal(body, rest[muxHeader:][:len(body)]) {
				t.Fatalf("next returned %d bytes with number %d, which are not the next message of %d bytes", len(body), number, len(rest))
			}
			rest = rest[muxHeader+len(body):]
		}
		if len(rest) >= muxHeader {
			if n := uint64(binary.BigEndian.Uint32(rest)); n <= limit+payload.Overhead && n <= uint64(len(rest)-muxHeader) {
				t.Errorf("a message of %d bytes was not read", n)
			}
		}
		if cap(r.large) > 2*(limit+payload.Overhead) {
			t.Errorf("a buffer of %d bytes with a limit of %d", cap(r.large), limit)
		}
	})
}
