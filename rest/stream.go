package rest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of a Payload, see payload.proto.
const (
	idField        = 1
	dataField      = 2
	timestampField = 3
)

// A message is a Payload encoded piece by piece, the way payload.Append does it
// at once. As a request's body it may be read by one goroutine and closed by
// another.
type message struct {
	mu     sync.Mutex
	pieces [3][]byte // what is left to read of the fields before the data, of the data, and of those after it
	closed bool
	fields [2*(1+8) + 1 + binary.MaxVarintLen32]byte // but for the data
}

func newMessage(p *payload.Payload) *message {
	m := new(message)
	b := m.fields[:0]
	if p.Id != 0 {
		b = protowire.AppendTag(b, idField, protowire.Fixed64Type)
		b = protowire.AppendFixed64(b, p.Id)
	}
	if len(p.Data) > 0 {
		b = protowire.AppendTag(b, dataField, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(len(p.Data)))
	}
	before := len(b)
	if p.Timestamp != 0 {
		b = protowire.AppendTag(b, timestampField, protowire.Fixed64Type)
		b = protowire.AppendFixed64(b, uint64(p.Timestamp))
	}
	m.pieces = [3][]byte{b[:before], p.Data, b[before:]}
	return m
}

func (m *message) Read(b []byte) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	for i, piece := range m.pieces {
		copied := copy(b[n:], piece)
		m.pieces[i] = piece[copied:]
		n += copied
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close waits for a Read in progress; after it, the Payload is not touched.
func (m *message) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.pieces = [3][]byte{}
	return nil
}

// writeTo writes the pieces as they are.
func (m *message) writeTo(w io.Writer) error {
	for _, piece := range m.pieces {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

var errNotPayload = errors.New("the body is not a Payload")

// isTooLong says whether a body or its data exceeded a limit.
func isTooLong(err error) bool {
	var tooLong *http.MaxBytesError
	return errors.Is(err, echo.ErrTooLarge) || errors.As(err, &tooLong)
}

var readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// decode reads the whole of body into p, field by field, using the storage of
// p.Data. It does what payload.Unmarshal does, but that it takes groups, which
// protobuf has given up, for errors.
func decode(body io.Reader, p *payload.Payload, limit payload.Size) error {
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
		err := decodeField(r, p, limit)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
}

func decodeField(r *bufio.Reader, p *payload.Payload, limit payload.Size) error {
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
		var b []byte
		if b, err = r.Peek(8); err != nil {
			return err
		}
		value := binary.LittleEndian.Uint64(b)
		r.Discard(8)
		switch number {
		case idField:
			p.Id = value
		case timestampField:
			p.Timestamp = int64(value)
		}
	case protowire.BytesType:
		var n uint64
		if n, err = readVarint(r); err != nil {
			return err
		}
		if n > uint64(limit)+payload.Overhead || number == dataField && n > uint64(limit) {
			return echo.ErrTooLarge
		}
		if number == dataField {
			p.Data = slices.Grow(p.Data[:0], int(n))[:n]
			_, err = io.ReadFull(r, p.Data)
		} else {
			_, err = r.Discard(int(n))
		}
	default:
		err = errNotPayload
	}
	return err
}

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
