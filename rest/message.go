package rest

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/grow"
	"github.com/echobench/echobench/payload"
)

// A message is a request at the server, which becomes its answer. Messages are
// pooled, because many requests may be in progress at the same time, and the storage
// is worth keeping from one request to the next.
type message interface {
	// read reads the body of a request. length is its announced length, or -1; body
	// fails after the length of the longest valid body.
	read(body io.Reader, length int64, limit payload.Size) error

	// answer turns the request into its answer.
	answer(limit payload.Size) error

	// write responds with the answer. An error means that the client's connection, or
	// stream, has ended.
	write(w http.ResponseWriter) error

	// release gives up the memory that the message has claimed, and puts it into its
	// pool if its storage is not in use any more.
	release(unused bool)
}

// newMessage returns a message that claims memory of the connection.
func (h *handler) newMessage(conn *serverConn) message {
	if h.streamBodies {
		m := payloads.Get().(*decoded)
		m.free = conn.memory
		return m
	}
	m := buffers.Get().(*encoded)
	m.free = conn.memory
	return m
}

// An encoded message is in the storage of its body.
type encoded struct {
	claim
	b []byte
}

var buffers = sync.Pool{New: func() any { return new(encoded) }}

// read implements message. The storage grows as bytes arrive.
func (m *encoded) read(body io.Reader, length int64, limit payload.Size) error {
	if length < 0 {
		return m.readToEOF(body, maxBody(limit))
	}
	buf, err := m.storage(m.b, int(length))
	if err != nil {
		return err
	}
	m.b, err = grow.ReadFull(body, buf, int(length))
	return err
}

// readToEOF reads the whole of r, which fails after most bytes. The storage doubles as
// needed, but it never exceeds most bytes and one more.
func (m *encoded) readToEOF(r io.Reader, most int64) error {
	m.b = m.all(m.b)
	for {
		if len(m.b) == cap(m.b) {
			// One byte more than most leaves room for the Read that returns io.EOF.
			room := int(min(2*int64(cap(m.b))+512, most+1))
			if err := m.resize(room); err != nil {
				return err
			}
			m.b = append(make([]byte, 0, room), m.b...)
		}
		n, err := r.Read(m.b[len(m.b):cap(m.b)])
		m.b = m.b[:len(m.b)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	buf, err := m.storage(m.b, len(m.b))
	if buf == nil {
		m.b = bytes.Clone(m.b)
	}
	return err
}

// answer implements message.
func (m *encoded) answer(limit payload.Size) error {
	d := payloads.Get().(*decoded)
	defer payloads.Put(d)
	if payload.Unmarshal(m.b, &d.p) != nil {
		return errNotPayload
	}
	if len(d.p.Data) > int(limit) {
		return echo.ErrTooLarge
	}
	payload.Stamp(&d.p)
	m.b = payload.Append(m.b[:0], &d.p)
	return nil
}

// write implements message.
func (m *encoded) write(w http.ResponseWriter) error {
	w.Header().Set("Content-Length", strconv.Itoa(len(m.b)))
	_, err := w.Write(m.b)
	return err
}

// release implements message.
func (m *encoded) release(unused bool) {
	m.resize(0)
	m.free = nil
	if unused {
		buffers.Put(m)
	}
}

// A decoded message is in the storage of its data. It is encoded and decoded piece by
// piece.
type decoded struct {
	claim
	p payload.Payload
}

var payloads = sync.Pool{New: func() any { return new(decoded) }}

// read implements message.
func (m *decoded) read(body io.Reader, _ int64, limit payload.Size) error {
	m.p.Data = m.all(m.p.Data)
	return decode(body, &m.p, limit, &m.claim)
}

// answer implements message.
func (m *decoded) answer(payload.Size) error {
	payload.Stamp(&m.p)
	return nil
}

// write implements message.
func (m *decoded) write(w http.ResponseWriter) error { return newEncoder(&m.p).writeTo(w) }

// release implements message.
func (m *decoded) release(unused bool) {
	m.resize(0)
	m.free = nil
	if unused {
		payloads.Put(m)
	}
}
