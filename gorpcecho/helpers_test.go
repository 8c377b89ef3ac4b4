package gorpcecho

import (
	"sync"
	"testing"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// listen starts a server, for tests that look into it. After the test the server
// must have no connection left.
func listen(t *testing.T, tr *Transport) *server {
	t.Helper()
	var srv *server
	t.Cleanup(func() { // runs after the server's Close
		if srv != nil && srv.listener.Conns.Len() != 0 {
			t.Errorf("%d connections outlived the server", srv.listener.Conns.Len())
		}
	})
	srv = testkit.Listen(t, tr).(*server)
	return srv
}

// serveGorpc starts a server that uses nothing but gorpc with its defaults. stop
// stops it before the end of the test.
func serveGorpc(t *testing.T, handler gorpc.HandlerFunc) (addr string, stop func()) {
	t.Helper()
	s := gorpc.NewTCPServer("127.0.0.1:0", handler)
	s.LogError = gorpc.NilErrorLogger
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(s.Stop)
	t.Cleanup(stop)
	return s.Listener.ListenAddr().String(), stop
}

// A heldServer is a gorpc server that answers when the test tells it to.
type heldServer struct {
	addr    string
	arrived chan uint64   // the id of each request that arrived
	release chan struct{} // one element lets the server answer one request, close all
	stop    func()
}

// serveHeld starts a heldServer with a limit on the data.
func serveHeld(t *testing.T, limit payload.Size) *heldServer {
	s := &heldServer{arrived: make(chan uint64, 100), release: make(chan struct{})}
	ended := t.Context()
	s.addr, s.stop = serveGorpc(t, func(_ string, request any) any {
		var p payload.Payload
		response := answer(request.([]byte), &p, limit)
		s.arrived <- p.Id
		select {
		case <-s.release:
		case <-ended.Done():
		}
		return response
	})
	return s
}

// awaitArrival waits until n requests have arrived.
func (s *heldServer) awaitArrival(t *testing.T, n int) {
	t.Helper()
	for range n {
		testkit.Receive(t, "the arrival of a request", s.arrived)
	}
}
