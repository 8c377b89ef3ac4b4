package rest

import (
	"bytes"
	"io"
	"math"
	"testing"
	"testing/iotest"

	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// The encoder produces what package payload and the proto package produce.
func TestEncoder(t *testing.T) {
	for _, p := range []*payload.Payload{
		{},
		{Id: 1},
		{Timestamp: -1},
		{Data: []byte("x")},
		{Id: math.MaxUint64, Timestamp: math.MinInt64},
		{Id: 7, Data: payload.Body(64, 1), Timestamp: 9},
		{Id: 7, Data: payload.Body(4<<20, 1), Timestamp: 9},
	} {
		want := testkit.Encode(t, p)
		if got := payload.Append(nil, p); !bytes.Equal(got, want) {
			t.Errorf("%d bytes of data: payload.Append: %d bytes, want the %d of proto.Marshal", len(p.Data), len(got), len(want))
		}
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"at once":         func(r io.Reader) io.Reader { return r },
			"half by half":    iotest.HalfReader,
			"in single bytes": iotest.OneByteReader,
		} {
			if name == "in single bytes" && len(want) > 1000 {
				continue // it would take too long
			}
			got, err := io.ReadAll(wrap(newEncoder(p)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes of data, read %s: error %v, %d bytes, want the %d of proto.Marshal", len(p.Data), name, err, len(got), len(want))
			}
		}
		var written bytes.Buffer
		if err := newEncoder(p).writeTo(&written); err != nil || !bytes.Equal(written.Bytes(), want) {
			t.Errorf("%d bytes of data, written: error %v, %d bytes, want the %d of proto.Marshal", len(p.Data), err, written.Len(), len(want))
		}
		e := newEncoder(p)
		e.Close()
		if n, err := e.Read(make([]byte, 100)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("Read after Close: %d bytes, error %v, want an error", n, err)
		}
	}
}
