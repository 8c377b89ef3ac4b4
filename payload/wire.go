package payload

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The tags of the fields, see payload.proto: a number and a type, in one byte.
const (
	idTag        = 1<<3 | byte(protowire.Fixed64Type)
	dataTag      = 2<<3 | byte(protowire.BytesType)
	timestampTag = 3<<3 | byte(protowire.Fixed64Type)
)

// Append appends p, encoded, to b. The bytes are those of [proto.Marshal], see
// https://protobuf.dev/programming-guides/encoding.
//
// Every transport encodes and decodes with Append and [Unmarshal]. The proto
// package finds its way through any message by tables, which costs a third of a
// small echo where connections are shared: what is compared would be that.
func Append(b []byte, p *Payload) []byte {
	if p.Id != 0 {
		b = append(b, idTag)
		b = protowire.AppendFixed64(b, p.Id)
	}
	if len(p.Data) > 0 {
		b = append(b, dataTag)
		b = protowire.AppendBytes(b, p.Data)
	}
	if p.Timestamp != 0 {
		b = append(b, timestampTag)
		b = protowire.AppendFixed64(b, uint64(p.Timestamp))
	}
	return b
}

// EncodedLen is how many bytes Append appends for p.
func EncodedLen(p *Payload) int {
	n := 0
	if p.Id != 0 {
		n += 1 + protowire.SizeFixed64()
	}
	if len(p.Data) > 0 {
		n += 1 + protowire.SizeBytes(len(p.Data))
	}
	if p.Timestamp != 0 {
		n += 1 + protowire.SizeFixed64()
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
		tag, n := uint64(b[0]), 1
		if tag >= 0x80 { // which the tags of our fields are not
			tag, n = protowire.ConsumeVarint(b)
		}
		if n < 0 {
			return parseError(n)
		}
		b = b[n:]
		switch tag {
		case uint64(idTag):
			p.Id, n = protowire.ConsumeFixed64(b)
		case uint64(dataTag):
			var data []byte
			data, n = protowire.ConsumeBytes(b)
			p.Data = append(p.Data[:0], data...)
		case uint64(timestampTag):
			var timestamp uint64
			timestamp, n = protowire.ConsumeFixed64(b)
			p.Timestamp = int64(timestamp)
		default:
			field, kind := protowire.DecodeTag(tag)
			if field < protowire.MinValidNumber || field > protowire.MaxValidNumber {
				return fmt.Errorf("payload: field number %d", tag>>3)
			}
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return parseError(n)
		}
		b = b[n:]
	}
	return nil
}

func parseError(n int) error { return fmt.Errorf("payload: %v", protowire.ParseError(n)) }
