package stream

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A wire is a connection with a given input. It keeps what is written to it.
type wire struct {
	io.Reader
	bytes.Buffer
}

func (w *wire) Read(b []byte) (int, error) { return w.Reader.Read(b) }

// reader returns a codec that reads the frames of r.
func reader(r io.Reader, limit payload.Size) *FrameCodec {
	return NewFrameCodec(&wire{Reader: r}, limit)
}

// prefixed returns a frame's header for a message of n bytes, followed by body.
func prefixed(n uint32, body ...byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, n), body...)
}

func TestAppendFrame(t *testing.T) {
	got := AppendFrame(nil, &payload.Payload{Id: 1, Data: []byte("ab"), Timestamp: 2})
	want := "\x00\x00\x00\x16" + "\x09\x01\x00\x00\x00\x00\x00\x00\x00" + "\x12\x02ab" + "\x19\x02\x00\x00\x00\x00\x00\x00\x00"
	if string(got) != want {
		t.Errorf("frame\n %q, want\n %q", got, want)
	}
}

// errInvalid stands for the error of a frame that does not contain a Payload.
var errInvalid = errors.New("not a Payload")

func TestReadFrame(t *testing.T) {
	const limit = 100
	p := &payload.Payload{Id: 7, Data: payload.Body(limit, 1), Timestamp: 3}
	good := AppendFrame(nil, p)
	for _, c := range []struct {
		name string
		in   []byte
		want error // nil: p is read
	}{
		{"a frame", good, nil},
		{"a frame and more", append(bytes.Clone(good), 1, 2, 3), nil},
		{"nothing", nil, io.EOF},
		{"short header", good[:3], io.ErrUnexpectedEOF},
		{"no body", good[:FrameHeader], io.ErrUnexpectedEOF},
		{"truncated body", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"over the limit", prefixed(limit + payload.Overhead + 1), echo.ErrTooLarge},
		{"negative as a signed number", prefixed(math.MaxUint32 - 1), echo.ErrTooLarge},
		{"refused", prefixed(FrameRefused), echo.ErrRefused},
		{"at the limit", prefixed(limit + payload.Overhead), io.ErrUnexpectedEOF},
		{"not a Payload", prefixed(1, 0xff), errInvalid},
		{"data longer than the frame", prefixed(2, 0x12, 0x7f), errInvalid},
		{"id that is not a fixed64", prefixed(2, 0x09, 0x01), errInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkRead(t, bytes.NewReader(c.in), limit, p, c.want)
			checkRead(t, iotest.OneByteReader(bytes.NewReader(c.in)), limit, p, c.want)
			checkRead(t, iotest.DataErrReader(bytes.NewReader(c.in)), limit, p, c.want)
		})
	}
}

// checkRead reads one frame from r and checks the error and, if there is none, the
// message.
func checkRead(t *testing.T, r io.Reader, limit payload.Size, want *payload.Payload, wantErr error) {
	t.Helper()
	got := &payload.Payload{Id: 9, Data: []byte("stale"), Timestamp: 9}
	err := reader(r, limit).Read(got)
	switch {
	case wantErr == errInvalid:
		if err == nil || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "not a Payload") {
			t.Errorf("%T: error %v, want one that says that the frame is not a Payload", r, err)
		}
	case !errors.Is(err, wantErr):
		t.Errorf("%T: error %v, want %v", r, err, wantErr)
	case err == nil && !proto.Equal(got, want):
		t.Errorf("%T: got %v, want %v", r, got, want)
	}
}

func TestReadFrames(t *testing.T) {
	var in []byte
	var sent []*payload.Payload
	for i, size := range []int{0, 1, 5000, 3, 100_000, 0, 64} { // below and above the size of the read buffer
		p := &payload.Payload{Id: uint64(i), Data: payload.Body(size, uint64(i)), Timestamp: int64(-i)}
		sent = append(sent, p)
		in = append(in, AppendFrame(nil, p)...)
	}
	in = append(in, prefixed(0)...) // the encoding of the zero Payload
	sent = append(sent, &payload.Payload{})
	c := reader(bytes.NewReader(in), 100_000)
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
		t.Errorf("after the last message: error %v, want io.EOF", err)
	}
}

// ReadFrame reads the data into the storage of p.Data, and does not need buf.
func TestReadFrameStorage(t *testing.T) {
	const size = 1000
	in := AppendFrame(nil, &payload.Payload{Id: 7, Data: payload.Body(size, 1), Timestamp: 3})
	p := &payload.Payload{Data: make([]byte, 0, size+payload.Overhead)}
	storage := p.Data[:size]
	buf, err := ReadFrame(bufio.NewReader(bytes.NewReader(in)), size, nil, p)
	if err != nil {
		t.Fatal(err)
	}
	if buf != nil || !bytes.Equal(storage, payload.Body(size, 1)) || !bytes.Equal(p.Data, storage) {
		t.Errorf("%d bytes passed through buf, and the storage of p.Data holds %.20x, want the data", len(buf), storage)
	}
}

func TestReadFrameAllocatesWithinTheLimit(t *testing.T) {
	const limit = 1 << 20
	for _, c := range []struct {
		length uint32
		max    uint64
	}{
		{math.MaxUint32, 64 << 10}, // rejected before anything is allocated for it
		{limit + payload.Overhead + 1, 64 << 10},
		{limit + payload.Overhead, 256 << 10}, // twice grow.First under the race detector only
		{0, 64 << 10},
	} {
		in := prefixed(c.length, 1, 2, 3)
		before := allocated()
		err := reader(bytes.NewReader(in), limit).Read(new(payload.Payload))
		if got := allocated() - before; got > c.max {
			t.Errorf("a length of %d made Read allocate %d bytes, want at most %d", c.length, got, c.max)
		}
		if c.length > 0 && err == nil {
			t.Errorf("a length of %d followed by 3 bytes: no error", c.length)
		}
	}
}

// allocated returns how many bytes this process has allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// Reading and writing allocate nothing once the codec's buffers have grown.
func TestFrameCodecDoesNotAllocate(t *testing.T) {
	for _, size := range []int{64, 64 << 10} {
		p := &payload.Payload{Id: 1, Data: payload.Body(size, 1), Timestamp: 1}
		frame := bytes.NewReader(AppendFrame(nil, p))
		c := NewFrameCodec(struct {
			io.Reader
			io.Writer
		}{frame, io.Discard}, 64<<10)
		var got payload.Payload
		if n := testing.AllocsPerRun(100, func() {
			frame.Seek(0, io.SeekStart)
			if c.Write(p) != nil || c.Read(&got) != nil {
				t.Fatal("Write or Read failed")
			}
		}); n != 0 {
			t.Errorf("%d bytes: Write and Read allocate %v times, want 0", size, n)
		}
	}
}

// A packets is a reader whose Read returns at most the rest of one packet. It counts the
// calls.
type packets struct {
	left  [][]byte
	reads int
}

func (p *packets) Read(b []byte) (int, error) {
	p.reads++
	n := copy(b, p.left[0])
	if p.left[0] = p.left[0][n:]; len(p.left[0]) == 0 {
		p.left = p.left[1:]
	}
	return n, nil
}

// TestFrameBuffer checks how many reads messages take, and how large the buffer is. A
// small message takes one read, except the first one that does not fit in the buffer.
func TestFrameBuffer(t *testing.T) {
	const frames = 10
	for _, c := range []struct {
		data, reads, size int
	}{
		{64, frames, firstBuffer},
		{400, frames, firstBuffer},
		{1 << 10, frames + 1, FrameBuffer},
		{4000, frames + 1, FrameBuffer},
		{64 << 10, 2 * frames, FrameBuffer},
	} {
		in := new(packets)
		frame := AppendFrame(nil, &payload.Payload{Id: 1, Data: payload.Body(c.data, 1), Timestamp: 1})
		for range frames {
			in.left = append(in.left, frame)
		}
		codec := reader(in, 1<<20)
		for range frames {
			var p payload.Payload
			if err := codec.Read(&p); err != nil || len(p.Data) != c.data {
				t.Fatalf("Read of %d bytes: %d bytes, %v", c.data, len(p.Data), err)
			}
		}
		if in.reads != c.reads || codec.r.Size() != c.size {
			t.Errorf("%d messages of %d bytes took %d reads and a buffer of %d bytes, want %d and %d", frames, c.data, in.reads, codec.r.Size(), c.reads, c.size)
		}
	}
}
