package payload

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The tags of the fields in payload.proto. A tag is a field number and a wire type;
// these take one byte each.
const (
	idTag        = 1<<3 | byte(protowire.Fixed64Type)
	dataTag      = 2<<3 | byte(protowire.BytesType)
	timestampTag = 3<<3 | byte(protowire.Fixed64Type)
)

// Append appends the encoding of p to b and returns the extended slice. The bytes
// are those of [google.golang.org/protobuf/proto.Marshal]; see
// https://protobuf.dev/programming-guides/encoding.
//
// Every transport encodes with Append and decodes with [Unmarshal]. The proto
// package handles any type of message by means of tables, which takes longer. With
// small messages on shared connections that would be a large part of the cost of an
// echo, and would hide differences between protocols.
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

// EncodedLen returns how many bytes [Append] appends for p.
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

// Unmarshal decodes b into p and overwrites every field of p. It does not retain
// b: it copies the data into the storage of p.Data if that is large enough, and
// into new storage otherwise. It drops unknown fields, but reports an error if they
// are malformed. Apart from that it accepts and rejects the same bytes as
// [google.golang.org/protobuf/proto.Unmarshal]. After an error the contents of p
// are undefined.
func Unmarshal(b []byte, p *Payload) error {
	p.reset()
	return UnmarshalMore(b, p)
}

func (p *Payload) reset() { p.Id, p.Data, p.Timestamp, p.unknownFields = 0, p.Data[:0], 0, nil }

// HeadMax is the maximum number of bytes before the data in a message that [Append] has
// encoded.
const HeadMax = 9 + 6

// UnmarshalHead decodes what precedes the data of a message of n bytes into p, and
// overwrites every field of p. b holds the first bytes of the message: min(n, HeadMax) or
// more. It returns how many bytes precede the data, and how long the data is, so that a
// reader can read the data into its place. If the message has no data or does not begin as
// Append begins it, ok is false and the contents of p are undefined. [Unmarshal] can then
// decode the whole message.
func UnmarshalHead(b []byte, n int, p *Payload) (head, data int, ok bool) {
	p.reset()
	if len(b) > 0 && b[0] == idTag {
		id, k := protowire.ConsumeFixed64(b[1:])
		if k < 0 {
			return 0, 0, false
		}
		p.Id, head = id, 1+k
	}
	if len(b) <= head || b[head] != dataTag {
		return 0, 0, false
	}
	length, k := protowire.ConsumeVarint(b[head+1:])
	head += 1 + k
	if k < 0 || length > uint64(n-head) {
		return 0, 0, false
	}
	return head, int(length), true
}

// UnmarshalMore decodes fields of a message into p, and keeps the fields of p that are
// not among them. Otherwise it does what [Unmarshal] does. b may be part of the
// storage of p.Data if it follows the data there.
func UnmarshalMore(b []byte, p *Payload) error {
	for len(b) > 0 {
		tag, n := uint64(b[0]), 1
		if tag >= 0x80 { // an unknown field, or a tag with more bytes than it needs
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
				return fmt.Errorf("payload: invalid field number %d", tag>>3)
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
