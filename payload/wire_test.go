package payload

import (
	"bytes"
	"math"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// field returns an encoded field.
func field(number protowire.Number, kind protowire.Type, value ...byte) []byte {
	return append(protowire.AppendTag(nil, number, kind), value...)
}

// FuzzWire compares the encoding with that of the proto package.
func FuzzWire(f *testing.F) {
	for _, p := range []*Payload{
		{},
		{Id: 1},
		{Data: []byte{0}},
		{Timestamp: -1},
		{Id: math.MaxUint64, Data: Body(200, 1), Timestamp: math.MinInt64},
	} {
		f.Add(Append(nil, p))
	}
	for _, b := range [][]byte{
		{0x89, 0x00, 1, 2, 3, 4, 5, 6, 7, 8}, // id, its tag one byte too long
		{9, 1, 2, 3, 4, 5, 6, 7},             // a truncated id
		{18, 0x7f, 1},                        // truncated data
		{18, 1, 1, 18, 0},                    // data twice
		{0},                                  // field number 0
		field(1, protowire.VarintType, 5),    // id of another type
		field(2, protowire.Fixed32Type, 1, 2, 3, 4),                // data of another type
		field(9, protowire.BytesType, 1, 1),                        // an unknown field
		field(9, protowire.BytesType, 2, 1),                        // a truncated unknown field
		field(9, protowire.StartGroupType, 8, 1, 9<<3|4),           // a group
		field(9, protowire.StartGroupType, 8, 1, 8<<3|4),           // a group with the end of another
		field(9, protowire.EndGroupType),                           // an end without a group
		field(protowire.MaxValidNumber, protowire.VarintType),      // a tag without a value
		field(protowire.MaxValidNumber+1, protowire.VarintType, 0), // a field number that is too large
	} {
		f.Add(b)
	}
	f.Fuzz(checkWire)
}

// checkWire decodes in with Unmarshal and with the proto package, and encodes the
// result in both ways.
func checkWire(t *testing.T, in []byte) {
	got := &Payload{Id: 7, Data: []byte("of an earlier message"), Timestamp: 7}
	got.ProtoReflect().SetUnknown(field(9, protowire.VarintType, 1))
	want := new(Payload)
	checkParts(t, in)
	err, wantErr := Unmarshal(in, got), (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(in, want)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("Unmarshal: error %v, the proto package's: %v", err, wantErr)
	}
	if err != nil {
		return
	}
	if !proto.Equal(got, want) {
		t.Fatalf("Unmarshal: %v, the proto package: %v", got, want)
	}
	encoded := Append([]byte("before"), got)[len("before"):]
	wantEncoded, err := proto.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encoded, wantEncoded) {
		t.Fatalf("Append: %x, the proto package: %x", encoded, wantEncoded)
	}
	if n := EncodedLen(got); n != len(encoded) {
		t.Fatalf("EncodedLen: %d, want %d", n, len(encoded))
	}
}

// checkParts decodes in with Unmarshal, and in parts, with the part after the data in
// the storage of the data.
func checkParts(t *testing.T, in []byte) {
	want, got := new(Payload), &Payload{Id: 7, Data: []byte("of an earlier message"), Timestamp: 7}
	head, data, ok := UnmarshalHead(in[:min(len(in), HeadMax)], len(in), got)
	if !ok {
		return
	}
	got.Data = append(got.Data, in[head:]...)
	rest := got.Data[data:]
	got.Data = got.Data[:data]
	err, wantErr := UnmarshalMore(rest, got), Unmarshal(in, want)
	if (err == nil) != (wantErr == nil) || err == nil && !proto.Equal(got, want) {
		t.Fatalf("decoded in parts: %v, error %v; Unmarshal: %v, error %v", got, err, want, wantErr)
	}
}

// What Append encodes can be decoded in parts if it has data.
func TestUnmarshalHead(t *testing.T) {
	for _, p := range []*Payload{
		{},
		{Id: 1, Timestamp: 1},
		{Data: Body(1, 1)},
		{Id: math.MaxUint64, Data: Body(200, 1)},
		{Id: 1, Data: Body(1<<20, 1), Timestamp: -1},
	} {
		in := Append(nil, p)
		if _, _, ok := UnmarshalHead(in[:min(len(in), HeadMax)], len(in), new(Payload)); ok != (len(p.Data) > 0) {
			t.Errorf("UnmarshalHead of %d bytes of data: %v, want %v", len(p.Data), ok, len(p.Data) > 0)
		}
		checkParts(t, in)
	}
}

// Unmarshal reuses the storage of p.Data, and does not keep the encoded message.
func TestUnmarshalStorage(t *testing.T) {
	b := Append(nil, &Payload{Id: 1, Data: Body(64, 1), Timestamp: 1})
	p := &Payload{Data: make([]byte, 0, 64)}
	storage := p.Data[:64]
	allocs := testing.AllocsPerRun(100, func() {
		if err := Unmarshal(b, p); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 || !bytes.Equal(storage, Body(64, 1)) {
		t.Errorf("%v allocations, and the storage holds %.20x, want no allocation and the data in the same storage", allocs, storage)
	}
	clear(b)
	if !bytes.Equal(p.Data, Body(64, 1)) {
		t.Error("changing the encoded message changed the decoded data")
	}
	if b = Append(b[:0], p); testing.AllocsPerRun(100, func() { b = Append(b[:0], p) }) != 0 {
		t.Error("Append allocates although its slice has room")
	}
}
