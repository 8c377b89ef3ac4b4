package rest

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

const decodeLimit = 1 << 10

func fullOf(n int) *payload.Payload {
	return &payload.Payload{Id: math.MaxUint64, Data: payload.Body(n, 1), Timestamp: -1}
}

// unknownFields returns a field of each type that Payload does not have, and an
// id of another type.
func unknownFields() []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 5, protowire.VarintType), 300)
	b = protowire.AppendFixed32(protowire.AppendTag(b, 6, protowire.Fixed32Type), 1)
	b = protowire.AppendFixed64(protowire.AppendTag(b, 7, protowire.Fixed64Type), 1)
	b = protowire.AppendBytes(protowire.AppendTag(b, 8, protowire.BytesType), []byte("hello"))
	return protowire.AppendVarint(protowire.AppendTag(b, idField, protowire.VarintType), 3)
}

func TestDecode(t *testing.T) {
	good := testkit.Encode(t, fullOf(decodeLimit))
	group := protowire.AppendTag(protowire.AppendTag(nil, 4, protowire.StartGroupType), 4, protowire.EndGroupType)
	for _, c := range []struct {
		name string
		in   []byte
		want error // nil if the result is fullOf(decodeLimit)
	}{
		{"a Payload", good, nil},
		{"unknown fields first", append(unknownFields(), good...), nil},
		{"unknown fields last", append(bytes.Clone(good), unknownFields()...), nil},
		{"twice", append(testkit.Encode(t, &payload.Payload{Id: 1, Data: []byte("x"), Timestamp: 1}), good...), nil},
		{"truncated tag", append(bytes.Clone(good), 0x80), io.ErrUnexpectedEOF},
		{"truncated integer", good[:5], io.ErrUnexpectedEOF},
		{"truncated length", good[:11], io.ErrUnexpectedEOF},
		{"truncated data", good[:100], io.ErrUnexpectedEOF},
		{"truncated timestamp", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"too much data", testkit.Encode(t, fullOf(decodeLimit+1)), echo.ErrTooLarge},
		{"4 GiB of data", []byte("\x12\xff\xff\xff\xff\x0f"), echo.ErrTooLarge},
		{"2^63 bytes of data", []byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), echo.ErrTooLarge},
		{"2^63 bytes of something else", []byte("\x42\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), echo.ErrTooLarge},
		{"a length of 65 bits", []byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), errNotPayload},
		{"a length of 11 bytes", []byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), errNotPayload},
		{"field 0", []byte("\x02\x00"), errNotPayload},
		{"a field number too large", protowire.AppendVarint(nil, 1<<33), errNotPayload},
		{"a group", group, errNotPayload},
		{"wire type 7", []byte("\x0f"), errNotPayload},
		{"ones", bytes.Repeat([]byte{0xff}, 100), errNotPayload},
	} {
		for name, r := range map[string]io.Reader{
			"at once":           bytes.NewReader(c.in),
			"in single bytes":   iotest.OneByteReader(bytes.NewReader(c.in)),
			"with the last EOF": iotest.DataErrReader(bytes.NewReader(c.in)),
		} {
			checkDecode(t, c.name+", "+name, r, c.want)
		}
		var whole payload.Payload
		if err := payload.Unmarshal(c.in, &whole); c.want == nil && (err != nil || !proto.Equal(&whole, fullOf(decodeLimit))) {
			t.Errorf("%s: payload.Unmarshal: error %v, and another result than decode's", c.name, err)
		}
	}
}

func TestDecodeReturnsReadError(t *testing.T) {
	want := errors.New("the connection fails")
	good := testkit.Encode(t, fullOf(decodeLimit))
	checkDecode(t, "after 5 bytes", io.MultiReader(bytes.NewReader(good[:5]), iotest.ErrReader(want)), want)
	checkDecode(t, "in the data", io.MultiReader(bytes.NewReader(good[:100]), iotest.ErrReader(want)), want)
}

// checkDecode checks that decode returns the wanted error, or fullOf(decodeLimit)
// if that is nil.
func checkDecode(t *testing.T, name string, r io.Reader, want error) {
	t.Helper()
	got := &payload.Payload{Id: 9, Data: []byte("stale"), Timestamp: 9}
	err := decode(r, got, decodeLimit, nil)
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", name, err, want)
	} else if err == nil && !proto.Equal(got, fullOf(decodeLimit)) {
		t.Errorf("%s: id %d, %d bytes, timestamp %d", name, got.Id, len(got.Data), got.Timestamp)
	}
}

func TestDecodeClearsPayload(t *testing.T) {
	got := fullOf(decodeLimit)
	storage := &got.Data[0]
	if err := decode(strings.NewReader(""), got, decodeLimit, nil); err != nil || got.Id != 0 || len(got.Data) != 0 || got.Timestamp != 0 {
		t.Errorf("an empty body: error %v, id %d, %d bytes, timestamp %d", err, got.Id, len(got.Data), got.Timestamp)
	}
	if err := decode(bytes.NewReader(testkit.Encode(t, fullOf(10))), got, decodeLimit, nil); err != nil || len(got.Data) != 10 || &got.Data[0] != storage {
		t.Errorf("error %v, %d bytes, want 10 in the storage that the Payload had", err, len(got.Data))
	}
}
