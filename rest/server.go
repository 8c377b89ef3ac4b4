package rest

import (
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"strconv"
	"sync"

	"github.com/echobench/echobench/payload"
	"google.golang.org/protobuf/proto"
)

// A server is an http.Server whose Close waits.
type server struct {
	addr    string
	http    http.Server
	running sync.WaitGroup // Serve and one for each connection
}

func newServer(l net.Listener, limit payload.Size) *server {
	s := &server{addr: l.Addr().String()}
	s.http = http.Server{
		Handler:           &handler{limit: limit},
		ReadHeaderTimeout: headerTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         s.track,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	s.running.Go(func() {
		s.http.Serve(l)
		s.http.Close() // what was accepted while the first Close was at work
	})
	return s
}

// track counts the connections' goroutines. New ones come from Serve alone, so
// none comes after it returned.
func (s *server) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
	case http.StateClosed:
		s.running.Done()
	}
}

func (s *server) Addr() string { return s.addr }

func (s *server) Close() error {
	err := s.http.Close()
	s.running.Wait()
	return err
}

// A handler answers the requests.
type handler struct{ limit payload.Size }

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	max := int64(h.limit) + payload.Overhead
	switch {
	case r.URL.Path != path:
		http.Error(w, "want "+path, http.StatusNotFound)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "want POST", http.StatusMethodNotAllowed)
		return
	case !isPayload(r.Header):
		http.Error(w, "want "+contentType+" without Content-Encoding", http.StatusUnsupportedMediaType)
		return
	case r.ContentLength > max:
		h.refuseSize(w)
		return
	}
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	if err := buf.read(http.MaxBytesReader(w, r.Body, max), r.ContentLength, max); err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			h.refuseSize(w)
			return
		}
		http.Error(w, "truncated body", http.StatusBadRequest)
		return
	}
	var p payload.Payload
	// Unknown fields would be copied one by one, and the answer has no use for them.
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(buf.b, &p); err != nil {
		http.Error(w, "the body is not a Payload", http.StatusBadRequest)
		return
	}
	if len(p.Data) > int(h.limit) {
		h.refuseSize(w)
		return
	}
	payload.Stamp(&p)
	var err error
	if buf.b, err = (proto.MarshalOptions{}).MarshalAppend(buf.b[:0], &p); err != nil {
		http.Error(w, "the answer can't be encoded", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(buf.b)))
	w.Write(buf.b) // an error is the client's: its connection is gone
}

func (h *handler) refuseSize(w http.ResponseWriter) {
	http.Error(w, fmt.Sprintf("the limit is %v of data", h.limit), http.StatusRequestEntityTooLarge)
}

// isPayload tells whether a body under these headers is a Payload as it is.
func isPayload(h http.Header) bool {
	if h.Get("Content-Encoding") != "" {
		return false
	}
	got := h.Get("Content-Type")
	if got == contentType {
		return true
	}
	got, _, err := mime.ParseMediaType(got) // parameters, upper case
	return err == nil && got == contentType
}
