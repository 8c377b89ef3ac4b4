package payload

import (
	"bytes"
	"math"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// FuzzWire holds the encoding against the proto package's.
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
	field := func(number protowire.Number, kind protowire.Type, value ...byte) []byte {
		return append(protowire.AppendTag(nil, number, kind), value...)
	}
	f.Add([]byte{0x89, 0x00, 1, 2, 3, 4, 5, 6, 7, 8})                 // id with a longer tag than it needs
	f.Add([]byte{9, 1, 2, 3, 4, 5, 6, 7})                             // half an id
	f.Add([]byte{18, 0x7f, 1})                                        // data that is cut off
	f.Add([]byte{18, 1, 1, 18, 0})                                    // data twice
	f.Add([]byte{0})                                                  // field number 0
	f.Add(field(1, protowire.VarintType, 5))                          // id of another type
	f.Add(field(2, protowire.Fixed32Type, 1, 2, 3, 4))                // data of another type
	f.Add(field(9, protowire.BytesType, 1, 1))                        // an unknown field
	f.Add(field(9, protowire.BytesType, 2, 1))                        // and one that is cut off
	f.Add(field(9, protowire.StartGroupType, 8, 1, 9<<3|4))           // a group
	f.Add(field(9, protowire.StartGroupType, 8, 1, 8<<3|4))           // with another's end
	f.Add(field(9, protowire.EndGroupType))                           // an end without a group
	f.Add(field(protowire.MaxValidNumber, protowire.VarintType))      // a tag and no more
	f.Add(field(protowire.MaxValidNumber+1, protowire.VarintType, 0)) // a field number that is too large
	f.Fuzz(func(t *testing.T, in []byte) {
		got := &Payload{Id: 7, Data: []byte("of the last message"), Timestamp: 7}
		got.ProtoReflect().SetUnknown(field(9, protowire.VarintType, 1))
		want := new(Payload)
		err, wantErr := Unmarshal(in, got), (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(in, want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, the proto package's %v", err, wantErr)
		}
		if err != nil {
			return
		}
		if !proto.Equal(got, want) {
			t.Fatalf("decoded %v, by the proto package %v", got, want)
		}
		encoded := Append([]byte("before"), got)[len("before"):]
		wantEncoded, err := proto.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded, wantEncoded) {
			t.Fatalf("encoded %x, by the proto package %x", encoded, wantEncoded)
		}
		if n := EncodedLen(got); n != len(encoded) {
			t.Fatalf("EncodedLen %d, want %d", n, len(encoded))
		}
	})
}

// Storage is used again, but never the encoded message's.
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
		t.Errorf("%v allocations and the data not in p's storage, want none and there", allocs)
	}
	clear(b)
	if !bytes.Equal(p.Data, Body(64, 1)) {
		t.Error("the data changes with the encoded message")
	}
	if b = Append(b[:0], p); testing.AllocsPerRun(100, func() { b = Append(b[:0], p) }) != 0 {
		t.Error("Append allocates though there is room")
	}
}
