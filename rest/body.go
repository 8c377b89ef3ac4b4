package rest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/grow"
	"github.com/echobench/echobench/payload"
)

var errNotPayload = errors.New("the body is not a Payload")

// isPayload reports whether a body with the given headers is a Payload without
// further encoding.
func isPayload(h http.Header) bool {
	if h.Get("Content-Encoding") != "" {
		return false
	}
	got := h.Get("Content-Type")
	if got == contentType {
		return true
	}
	got, _, err := mime.ParseMediaType(got) // removes parameters and converts to lower case
	return err == nil && got == contentType
}

// contentTypes is the value of every Content-Type header. Nobody modifies it.
var contentTypes = []string{contentType}

// isTooLong reports whether err means that a body or its data exceeded a limit.
func isTooLong(err error) bool {
	if err == nil {
		return false // without an allocation
	}
	var tooLong *http.MaxBytesError
	return errors.Is(err, echo.ErrTooLarge) || errors.As(err, &tooLong)
}

// maxBody returns the length of the longest body whose data is within the limit.
func maxBody(limit payload.Size) int64 { return int64(limit) + payload.Overhead }

// limitBody returns a body that fails after most bytes. length is the body's
// announced length, which has been checked, or -1. net/http does not return more
// than the announced length.
func limitBody(w http.ResponseWriter, body io.ReadCloser, length, most int64) io.Reader {
	if length >= 0 {
		return body
	}
	return http.MaxBytesReader(w, body, most)
}

// A buffer holds an encoded body and, at the server, the decoded Payload. Buffers
// are pooled, because many requests may be in progress at the same time, and the
// storage is worth keeping from one request to the next.
type buffer struct {
	b []byte
	p payload.Payload
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// read reads the whole of r into b. length is the announced length of r, or -1 if
// there is none; r itself must fail after most bytes. The storage grows as bytes
// arrive, and never beyond most bytes and one more.
func (b *buffer) read(r io.Reader, length, most int64) (err error) {
	if length < 0 {
		return b.readToEOF(r, most)
	}
	b.b, err = grow.ReadFull(r, b.b[:0], int(length))
	return err
}

// readToEOF reads r into b, whose storage doubles as needed.
func (b *buffer) readToEOF(r io.Reader, most int64) error {
	b.b = b.b[:0]
	for {
		if len(b.b) == cap(b.b) {
			// One byte more than most leaves room for the Read that returns io.EOF.
			grown := make([]byte, len(b.b), min(2*int64(cap(b.b))+512, most+1))
			copy(grown, b.b)
			b.b = grown
		}
		n, err := r.Read(b.b[len(b.b):cap(b.b)])
		b.b = b.b[:len(b.b)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
