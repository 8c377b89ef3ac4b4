package tcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

// wire is a connection whose input is given.
type wire struct {
	io.Reader
	bytes.Buffer // what was written
}

func (w *wire) Read(b []byte) (int, error) { return w.Reader.Read(b) }

func readerOf(r io.Reader, limit payload.Size) *codec { return newCodec(&wire{Reader: r}, limit) }

// prefixed is n as a header, and body.
func prefixed(n uint32, body ...byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, n), body...)
}

func TestFrame(t *testing.T) {
	got := appendFrame(nil, &payload.Payload{Id: 1, Data: []byte("ab"), Timestamp: 2})
	want := "\x00\x00\x00\x16" + "\x09\x01\x00\x00\x00\x00\x00\x00\x00" + "\x12\x02ab" + "\x19\x02\x00\x00\x00\x00\x00\x00\x00"
	if string(got) != want {
		t.Errorf("frame\n %q, want\n %q", got, want)
	}
}

func TestReadFrame(t *testing.T) {
	const limit = 100
	p := &payload.Payload{Id: 7, Data: payload.Body(limit, 1), Timestamp: 3}
	good := appendFrame(nil, p)
	for _, c := range []struct {
		name string
		in   []byte
		want error // nil: the Payload above
	}{
		{"a frame", good, nil},
		{"a frame and more", append(bytes.Clone(good), 1, 2, 3), nil},
		{"nothing", nil, io.EOF},
		{"short header", good[:3], io.ErrUnexpectedEOF},
		{"no body", good[:header], io.ErrUnexpectedEOF},
		{"truncated body", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"over the limit", prefixed(limit + payload.Overhead + 1), echo.ErrTooLarge},
		{"negative as a signed number", prefixed(math.MaxUint32), echo.ErrTooLarge},
		{"at the limit", prefixed(limit + payload.Overhead), io.ErrUnexpectedEOF},
		{"not a Payload", prefixed(1, 0xff), errAny},
		{"data longer than the frame", prefixed(2, 0x12, 0x7f), errAny},
		{"id that is no fixed64", prefixed(2, 0x09, 0x01), errAny},
	} {
		for name, r := range map[string]io.Reader{
			"at once":           bytes.NewReader(c.in),
			"in single bytes":   iotest.OneByteReader(bytes.NewReader(c.in)),
			"with the last EOF": iotest.DataErrReader(bytes.NewReader(c.in)),
		} {
			got := &payload.Payload{Id: 9, Data: []byte("stale"), Timestamp: 9}
			err := readerOf(r, limit).Read(got)
			switch {
			case c.want == errAny:
				if err == nil || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "not a Payload") {
					t.Errorf("%s, %s: error %v, want that it is not a Payload", c.name, name, err)
				}
			case !errors.Is(err, c.want):
				t.Errorf("%s, %s: error %v, want %v", c.name, name, err, c.want)
			case err == nil && !proto.Equal(got, p):
				t.Errorf("%s, %s: got %v, want %v", c.name, name, got, p)
			}
		}
	}
}

var errAny = errors.New("some error")

func TestReadFrames(t *testing.T) {
	var in []byte
	var sent []*payload.Payload
	for i, size := range []int{0, 1, 5000, 3, 100_000, 0, 64} { // around the read buffer's size
		p := &payload.Payload{Id: uint64(i), Data: payload.Body(size, uint64(i)), Timestamp: int64(-i)}
		sent = append(sent, p)
		in = append(in, appendFrame(nil, p)...)
	}
	in = append(in, prefixed(0)...) // the encoding of the zero Payload
	sent = append(sent, &payload.Payload{})
	c := readerOf(bytes.NewReader(in), 100_000)
	var got payload.Payload
	for i, want := range sent {
		if err := c.Read(&got); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if got.Id != want.Id || !bytes.Equal(got.Data, want.Data) || got.Timestamp != want.Timestamp {
			t.Errorf("message %d: id %d, %d bytes, timestamp %d; want %d, %d, %d", i, got.Id, len(got.Data), got.Timestamp, want.Id, len(want.Data), want.Timestamp)
		}
	}
	if err := c.Read(&got); err != io.EOF {
		t.Errorf("after the last: error %v, want io.EOF", err)
	}
}

func TestReadAllocatesWithinTheLimit(t *testing.T) {
	const limit = 1 << 20
	for _, c := range []struct {
		length uint32
		most   uint64
	}{
		{math.MaxUint32, 64 << 10}, // refused before anything is allocated for it
		{limit + payload.Overhead + 1, 64 << 10},
		{limit + payload.Overhead, 2*limit + 64<<10}, // twice under the race detector only
		{0, 64 << 10},
	} {
		in := prefixed(c.length, 1, 2, 3)
		before := allocated()
		err := readerOf(bytes.NewReader(in), limit).Read(new(payload.Payload))
		if got := allocated() - before; got > c.most {
			t.Errorf("a length of %d made Read allocate %d bytes, want no more than %d", c.length, got, c.most)
		}
		if c.length > 0 && err == nil {
			t.Errorf("a length of %d with 3 bytes behind it: no error", c.length)
		}
	}
}

// allocated is how many bytes this process has ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
