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

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A server is an http.Server whose Close waits.
type server struct {
	addr    string
	http    http.Server
	handler handler
	running sync.WaitGroup // Serve and one for each connection
	streams sync.RWMutex   // held by each handler of HTTP/2, and by Close for good
	close   sync.Once
}

// newServer starts a server on l.
func (t *Transport) newServer(l net.Listener) (*server, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	s := &server{addr: l.Addr().String(), handler: handler{limit: limit, stream: t.Stream}}
	s.http = http.Server{
		Handler:           &s.handler,
		ReadHeaderTimeout: headerTimeout,
		MaxHeaderBytes:    maxHeader,
		Protocols:         t.protocols(),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ConnState:         s.track,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	if t.HTTP2 {
		s.http.Handler = http.HandlerFunc(s.serveStream)
	}
	serve := s.http.Serve
	if t.TLS {
		if s.http.TLSConfig, err = stream.ServerTLS(); err != nil {
			return nil, fmt.Errorf("rest: %w", err)
		}
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	s.running.Go(func() {
		serve(l)
		s.http.Close() // what was accepted while the first Close was at work
	})
	return s, nil
}

// serveStream answers a request of HTTP/2, which has a goroutine of its own.
func (s *server) serveStream(w http.ResponseWriter, r *http.Request) {
	if !s.streams.TryRLock() {
		panic(http.ErrAbortHandler) // its connection is closed already
	}
	defer s.streams.RUnlock()
	s.handler.ServeHTTP(w, r)
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

func (s *server) Close() (err error) {
	s.close.Do(func() {
		err = s.http.Close()
		s.running.Wait()
		s.streams.Lock()
	})
	return err
}

// A handler answers the requests.
type handler struct {
	limit  payload.Size
	stream bool
}

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
	err := h.read(http.MaxBytesReader(w, r.Body, max), r.ContentLength, buf)
	switch {
	case err == nil:
		payload.Stamp(&buf.p)
		w.Header().Set("Content-Type", contentType)
		err = h.write(w, buf)
	case isTooLong(err):
		h.refuseSize(w)
	case errors.Is(err, errNotPayload):
		http.Error(w, errNotPayload.Error(), http.StatusBadRequest)
	default:
		http.Error(w, "truncated body", http.StatusBadRequest)
	}
	if err == nil { // or else HTTP/2 may not be done with it
		buffers.Put(buf)
	}
}

// read reads a request into buf.p.
func (h *handler) read(body io.Reader, length int64, buf *buffer) error {
	if h.stream {
		return decode(body, &buf.p, h.limit)
	}
	if err := buf.read(body, length, int64(h.limit)+payload.Overhead); err != nil {
		return err
	}
	if payload.Unmarshal(buf.b, &buf.p) != nil {
		return errNotPayload
	}
	if len(buf.p.Data) > int(h.limit) {
		return echo.ErrTooLarge
	}
	return nil
}

// write answers with buf.p. An error is the client's: its connection is gone.
func (h *handler) write(w http.ResponseWriter, buf *buffer) error {
	if h.stream {
		return newMessage(&buf.p).writeTo(w)
	}
	buf.b = payload.Append(buf.b[:0], &buf.p)
	w.Header().Set("Content-Length", strconv.Itoa(len(buf.b)))
	_, err := w.Write(buf.b)
	return err
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
