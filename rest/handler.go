package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"

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
		refuseBusy(w, r, body, errBusy)
		return
	}
	conn := connOf(r.Context())
	m := h.newMessage(conn)
	err := m.read(body, r.ContentLength, h.limit)
	if err == nil {
		conn.answer()
		err = h.answer(m)
	}
	if err != nil {
		m.release(true)
		h.refuse(w, r, body, err)
		return
	}
	w.Header()["Content-Type"] = contentTypes
	err = m.write(w)
	m.release(err == nil) // after an error, HTTP/2 may still be reading it
}

// errBusy is the error of a request that RefuseAbove does not allow.
var errBusy = errors.New("too many requests are in progress")

// answer turns the request into its answer while it is in progress.
func (h *handler) answer(m message) error {
	if !h.progress.Begin() {
		return errBusy
	}
	defer h.progress.End(1)
	h.progress.Yield()
	return m.answer(h.limit)
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

// refuse responds to a request that could not be read, decoded or answered.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, body io.Reader, err error) {
	switch {
	case isTooLong(err):
		h.refuseSize(w)
	case err == errBusy, err == errNoMemory:
		refuseBusy(w, r, body, err)
	case errors.Is(err, errNotPayload):
		http.Error(w, errNotPayload.Error(), http.StatusBadRequest)
	default:
		http.Error(w, "truncated body", http.StatusBadRequest)
	}
}

// retryAfter is the value of the Retry-After header of a refusal, in seconds (RFC
// 9110, section 10.2.3).
const retryAfter = "1"

// refuseBusy refuses a request because too many are in progress (RFC 9110, section
// 15.6.4). A connection of HTTP/1.1 carries the next request only if the whole body
// has been read.
func refuseBusy(w http.ResponseWriter, r *http.Request, body io.Reader, reason error) {
	if r.ProtoMajor == 1 {
		io.Copy(io.Discard, body)
	}
	connOf(r.Context()).answer()
	w.Header().Set("Retry-After", retryAfter)
	http.Error(w, reason.Error(), http.StatusServiceUnavailable)
}

func (h *handler) refuseSize(w http.ResponseWriter) {
	http.Error(w, fmt.Sprintf("the limit is %v of data", h.limit), http.StatusRequestEntityTooLarge)
}
