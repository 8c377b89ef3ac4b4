package rest

import (
	"encoding/binary"
	"io"
	"net/http"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/echobench/echobench/payload"
)

// The numbers of a Payload's fields, which payload/payload.proto defines.
const (
	idField        = 1
	dataField      = 2
	timestampField = 3
)

// An encoder is a Payload that is encoded piece by piece, into the bytes that
// payload.Append appends. Used as the body of a request, it may be read by one
// goroutine and closed by another.
type encoder struct {
	mu     sync.Mutex
	left   [3][]byte // what is left of the fields before the data, the data, and the fields after it
	closed bool
	fields [2*(1+8) + 1 + binary.MaxVarintLen32]byte // storage for everything but the data
}

// newEncoder returns an encoder of p. It uses the storage of p.Data until it is
// closed.
func newEncoder(p *payload.Payload) *encoder {
	e := new(encoder)
	b := e.fields[:0]
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
	e.left = [3][]byte{b[:before], p.Data, b[before:]}
	return e
}

// Read implements io.Reader.
func (e *encoder) Read(b []byte) (n int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	for i, piece := range e.left {
		copied := copy(b[n:], piece)
		e.left[i] = piece[copied:]
		n += copied
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close waits for a Read in progress. After that the Payload is no longer used.
func (e *encoder) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.left = [3][]byte{}
	return nil
}

// writeTo writes everything to w, without copying the data first.
func (e *encoder) writeTo(w io.Writer) error {
	for _, piece := range e.left {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
