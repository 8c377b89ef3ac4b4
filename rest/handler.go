package rest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
)

// A handler answers the requests for an echo.
type handler struct {
	limit        payload.Size
	streamBodies bool
	progress     *inprogress.Limit // nil without RefuseAbove
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isPayload(r.Header) {
		http.Error(w, "want "+contentType+" without Content-Encoding", http.StatusUnsupportedMediaType)
		return
	}
	buf := buffers.Get().(*bytes.Buffer)
	err := readBody(buf, http.MaxBytesReader(w, r.Body, maxBody(h.limit)), r.ContentLength)
	if err == nil {
		err = h.answer(buf)
	}
	if err != nil {
		buffers.Put(buf)
		h.reject(w, err)
		return
	}
	w.Header().Set("Content-Type", contentType)
	if !h.streamBodies {
		w.Header().Set("Content-Length", strconv.Itoa(buf.Len()))
	}
	if _, err := w.Write(buf.Bytes()); err == nil {
		buffers.Put(buf) // after an error, HTTP/2 may still be reading it
	}
}

// payloads are for the requests that handlers decode.
var payloads = sync.Pool{New: func() any { return new(payload.Payload) }}

// answer replaces the request in buf with the reply. The request is in progress
// meanwhile.
func (h *handler) answer(buf *bytes.Buffer) error {
	if !h.progress.Begin() {
		return echo.ErrRefused
	}
	defer h.progress.End(1)
	h.progress.Yield()
	p := payloads.Get().(*payload.Payload)
	defer payloads.Put(p)
	if payload.Unmarshal(buf.Bytes(), p) != nil {
		return errNotPayload
	}
	if len(p.Data) > int(h.limit) {
		return echo.ErrTooLarge
	}
	payload.Stamp(p)
	buf.Reset()
	buf.Write(payload.Append(buf.AvailableBuffer(), p))
	return nil
}

// retryAfter is the value of the Retry-After header of a refusal, in seconds (RFC
// 9110, section 10.2.3).
const retryAfter = "1"

// reject responds to a request that could not be read, decoded or answered.
func (h *handler) reject(w http.ResponseWriter, err error) {
	switch {
	case isTooLong(err):
		http.Error(w, fmt.Sprintf("the limit is %v of data", h.limit), http.StatusRequestEntityTooLarge)
	case err == echo.ErrRefused:
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "too many requests are in progress", http.StatusServiceUnavailable)
	case errors.Is(err, errNotPayload):
		http.Error(w, errNotPayload.Error(), http.StatusBadRequest)
	default:
		panic(http.ErrAbortHandler) // the body has ended too early, and so has the client
	}
}
