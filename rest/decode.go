package rest

import (
	"bufio"
	"encoding/binary"
	"io"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/grow"
	"github.com/echobench/echobench/payload"
)

var readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// decode reads the whole of body into p, field by field, and uses the storage of
// p.Data. It does what payload.Unmarshal does with a whole message, except that
// it rejects groups, which protobuf has deprecated. The error matches
// echo.ErrTooLarge if a field is too long for the limit on the data, and
// errNotPayload if the body is malformed. The storage of p.Data has to be claimed
// with c, which may be nil.
func decode(body io.Reader, p *payload.Payload, limit payload.Size, c *claim) error {
	r := readers.Get().(*bufio.Reader)
	r.Reset(body)
	defer func() {
		r.Reset(nil)
		readers.Put(r)
	}()
	data := p.Data[:0]
	p.Reset()
	p.Data = data
	for {
		if _, err := r.Peek(1); err == io.EOF {
			return nil
		}
		err := decodeField(r, p, limit, c)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
}

// decodeField reads one field into p, or skips a field that p does not have.
func decodeField(r *bufio.Reader, p *payload.Payload, limit payload.Size, c *claim) error {
	tag, err := readVarint(r)
	if err != nil {
		return err
	}
	number, kind := protowire.DecodeTag(tag)
	if number < protowire.MinValidNumber || number > protowire.MaxValidNumber {
		return errNotPayload
	}
	switch kind {
	case protowire.VarintType:
		_, err = readVarint(r)
	case protowire.Fixed32Type:
		_, err = r.Discard(4)
	case protowire.Fixed64Type:
		err = decodeFixed64(r, number, p)
	case protowire.BytesType:
		err = decodeBytes(r, number, p, limit, c)
	default:
		err = errNotPayload
	}
	return err
}

func decodeFixed64(r *bufio.Reader, number protowire.Number, p *payload.Payload) error {
	b, err := r.Peek(8)
	if err != nil {
		return err
	}
	switch value := binary.LittleEndian.Uint64(b); number {
	case idField:
		p.Id = value
	case timestampField:
		p.Timestamp = int64(value)
	}
	_, err = r.Discard(8)
	return err
}

// decodeBytes checks the length before it allocates anything.
func decodeBytes(r *bufio.Reader, number protowire.Number, p *payload.Payload, limit payload.Size, c *claim) error {
	n, err := readVarint(r)
	if err != nil {
		return err
	}
	if n > uint64(limit)+payload.Overhead || number == dataField && n > uint64(limit) {
		return echo.ErrTooLarge
	}
	if number != dataField {
		_, err = r.Discard(int(n))
		return err
	}
	if p.Data, err = c.storage(p.Data, int(n)); err != nil {
		return err
	}
	p.Data, err = grow.ReadFull(r, p.Data, int(n))
	return err
}

// readVarint reads a base-128 varint of at most 64 bits, see
// https://protobuf.dev/programming-guides/encoding.
func readVarint(r *bufio.Reader) (n uint64, err error) {
	for shift := 0; shift < 64; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if shift == 63 && b > 1 {
				break // more than 64 bits
			}
			return n, nil
		}
	}
	return 0, errNotPayload
}
