package rest

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"sync"

	"github.com/echobench/echobench/echo"
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

// maxBody returns the length of the longest body whose data is within the limit.
func maxBody(limit payload.Size) int64 { return int64(limit) + payload.Overhead }

// buffers are for the bodies that are read, at both ends.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// firstRead is the maximum that is allocated for an announced length, in bytes, before the
// body arrives. More storage follows what arrives. It is enough for 64 KiB of data.
const firstRead = 64<<10 + payload.Overhead

// readBody reads the whole of body into buf. length is its announced length, or -1.
func readBody(buf *bytes.Buffer, body io.Reader, length int64) error {
	buf.Reset()
	buf.Grow(int(min(max(length, 0), firstRead)) + bytes.MinRead)
	_, err := buf.ReadFrom(body)
	return err
}

// isTooLong reports whether err means that a body or its data exceeded a limit.
func isTooLong(err error) bool {
	var tooLong *http.MaxBytesError
	return errors.Is(err, echo.ErrTooLarge) || errors.As(err, &tooLong)
}
