package payload

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of the fields, see payload.proto.
const (
	idField        protowire.Number = 1
	dataField      protowire.Number = 2
	timestampField protowire.Number = 3
)

// Append appends p, encoded, to b. The bytes are those of [proto.Marshal], see
// https://protobuf.dev/programming-guides/encoding.
//
// Every transport encodes and decodes with Append and [Unmarshal]. The proto
// package finds its way through any message by tables, which costs a third of a
// small echo where connections are shared: what is compared would be that.
func Append(b []byte, p *Payload) []byte {
	if p.Id != 0 {
		b = protowire.AppendTag(b, idField, protowire.Fixed64Type)
		b = protowire.AppendFixed64(b, p.Id)
	}
	if len(p.Data) > 0 {
		b = protowire.AppendTag(b, dataField, protowire.BytesType)
		b = protowire.AppendBytes(b, p.Data)
	}
	if p.Timestamp != 0 {
		b = protowire.AppendTag(b, timestampField, protowire.Fixed64Type)
		b = protowire.AppendFixed64(b, uint64(p.Timestamp))
	}
	return b
}

// EncodedLen is how many bytes Append appends for p.
func EncodedLen(p *Payload) int {
	n := 0
	if p.Id != 0 {
		n += protowire.SizeTag(idField) + protowire.SizeFixed64()
	}
	if len(p.Data) > 0 {
		n += protowire.SizeTag(dataField) + protowire.SizeBytes(len(p.Data))
	}
	if p.Timestamp != 0 {
		n += protowire.SizeTag(timestampField) + protowire.SizeFixed64()
	}
	return n
}

// Unmarshal makes p what is encoded in b, which it does not retain: the data is
// copied into p.Data's storage if there is room. Unknown fields are checked and
// dropped; otherwise it takes and refuses what [proto.Unmarshal] does. After an
// error p has any value.
func Unmarshal(b []byte, p *Payload) error {
	p.Id, p.Data, p.Timestamp, p.unknownFields = 0, p.Data[:0], 0, nil
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		switch {
		case field > protowire.MaxValidNumber:
			return fmt.Errorf("field number %d", field)
		case field == idField && kind == protowire.Fixed64Type:
			p.Id, n = protowire.ConsumeFixed64(b)
		case field == dataField && kind == protowire.BytesType:
			var data []byte
			data, n = protowire.ConsumeBytes(b)
			p.Data = append(p.Data[:0], data...)
		case field == timestampField && kind == protowire.Fixed64Type:
			var timestamp uint64
			timestamp, n = protowire.ConsumeFixed64(b)
			p.Timestamp = int64(timestamp)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
	}
	return nil
}
