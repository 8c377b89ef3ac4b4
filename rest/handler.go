package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/inprogress"
	"github.com/echobench/echobench/payload"
)

// A handler answers the requests of a server.
type handler struct {
	limit        payload.Size
	streamBodies bool
	progress     *inprogress.Limit // nil without RefuseAbove
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.accept(w, r) {
		return
	}
	body := limitBody(w, r.Body, r.ContentLength, maxBody(h.limit))
	if h.progress.Full() {
		h.refuseBusy(w, r, body)
		return
	}
	buf := buffers.Get().(*buffer)
	if err := h.read(body, r.ContentLength, buf); err != nil {
		h.refuseBody(w, err)
		return
	}
	if !h.progress.Begin() {
		buffers.Put(buf)
		h.refuseBusy(w, r, body)
		return
	}
	h.progress.Yield()
	err := h.answer(buf)
	h.progress.End(1)
	if err != nil {
		h.refuseBody(w, err)
		return
	}
	w.Header()["Content-Type"] = contentTypes
	if err := h.write(w, buf); err != nil {
		return // without pooling buf, which HTTP/2 may still be reading
	}
	buffers.Put(buf)
}

// accept reports whether the body of r is worth reading, judging by the request
// line and the headers. If it is not, accept has sent the response.
func (h *handler) accept(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case r.URL.Path != path:
		http.Error(w, "want "+path, http.StatusNotFound)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "want POST", http.StatusMethodNotAllowed)
	case !isPayload(r.Header):
		http.Error(w, "want "+contentType+" without Content-Encoding", http.StatusUnsupportedMediaType)
	case r.ContentLength > maxBody(h.limit):
		h.refuseSize(w)
	default:
		return true
	}
	return false
}

// read reads a request into buf: into buf.p if bodies are streamed, and otherwise
// into buf.b.
func (h *handler) read(body io.Reader, length int64, buf *buffer) error {
	if h.streamBodies {
		return decode(body, &buf.p, h.limit)
	}
	return buf.read(body, length, maxBody(h.limit))
}

// answer turns the request in buf into its answer.
func (h *handler) answer(buf *buffer) error {
	if h.streamBodies {
		payload.Stamp(&buf.p)
		return nil
	}
	if payload.Unmarshal(buf.b, &buf.p) != nil {
		return errNotPayload
	}
	if len(buf.p.Data) > int(h.limit) {
		return echo.ErrTooLarge
	}
	payload.Stamp(&buf.p)
	buf.b = payload.Append(buf.b[:0], &buf.p)
	return nil
}

// write responds with the answer in buf. An error means that the client's connection
// is gone.
func (h *handler) write(w http.ResponseWriter, buf *buffer) error {
	if h.streamBodies {
		return newEncoder(&buf.p).writeTo(w)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(buf.b)))
	_, err := w.Write(buf.b)
	return err
}

// retryAfter is the value of the Retry-After header of a refusal, in seconds (RFC
// 9110, section 10.2.3).
const retryAfter = "1"

// refuseBusy refuses a request because too many are in progress (RFC 9110, section
// 15.6.4). A connection of HTTP/1.1 carries the next request only if the whole body
// has been read.
func (h *handler) refuseBusy(w http.ResponseWriter, r *http.Request, body io.Reader) {
	if r.ProtoMajor == 1 {
		io.Copy(io.Discard, body)
	}
	w.Header().Set("Retry-After", retryAfter)
	http.Error(w, "too many requests are in progress", http.StatusServiceUnavailable)
}

// refuseBody responds to a request whose body could not be read or decoded.
func (h *handler) refuseBody(w http.ResponseWriter, err error) {
	switch {
	case isTooLong(err):
		h.refuseSize(w)
	case errors.Is(err, errNotPayload):
		http.Error(w, errNotPayload.Error(), http.StatusBadRequest)
	default:
		http.Error(w, "truncated body", http.StatusBadRequest)
	}
}

func (h *handler) refuseSize(w http.ResponseWriter) {
	http.Error(w, fmt.Sprintf("the limit is %v of data", h.limit), http.StatusRequestEntityTooLarge)
}
