package rest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A server is an http.Server whose Close waits for its goroutines.
type server struct {
	addr    string
	http    http.Server
	mux     *http.ServeMux
	running sync.WaitGroup // Serve, and one for each connection
	streams sync.RWMutex   // read-locked by each HTTP/2 handler, and locked by Close for good
	close   sync.Once
}

// newServer starts a server on l.
func (t *Transport) newServer(l net.Listener, limit payload.Size, progress *inprogress.Limit) (*server, error) {
	s := &server{addr: l.Addr().String(), mux: http.NewServeMux()}
	s.mux.Handle(http.MethodPost+" "+path, &handler{limit: limit, streamBodies: t.StreamBodies, progress: progress})
	s.http = http.Server{
		Handler:           s.mux,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       t.IdleTimeout,
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
		config, err := stream.ServerTLS()
		if err != nil {
			return nil, fmt.Errorf("rest: %w", err)
		}
		s.http.TLSConfig = config
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	s.running.Go(func() {
		serve(l)
		s.http.Close() // closes connections that were accepted during the first Close
	})
	return s, nil
}

// serveStream answers an HTTP/2 request. Each one has a goroutine, which may
// outlive the goroutine of its connection.
func (s *server) serveStream(w http.ResponseWriter, r *http.Request) {
	if !s.streams.TryRLock() {
		panic(http.ErrAbortHandler) // Close has closed the connection already
	}
	defer s.streams.RUnlock()
	s.mux.ServeHTTP(w, r)
}

// track counts the goroutines of the connections. Only Serve reports new
// connections, so there are none after Serve has returned.
func (s *server) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
	case http.StateClosed:
		s.running.Done()
	}
}

// Addr implements [echo.Server].
func (s *server) Addr() string { return s.addr }

// Close implements [echo.Server].
func (s *server) Close() (err error) {
	s.close.Do(func() {
		err = s.http.Close()
		s.running.Wait()
		s.streams.Lock()
	})
	return err
}
