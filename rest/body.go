package rest

import (
	"errors"
	"io"
	"mime"
	"net/http"

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
