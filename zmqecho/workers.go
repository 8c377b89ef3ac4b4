//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"fmt"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/internal/base/tempdir"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/socket"
)

// serveProxied distributes the requests in turn among REP workers.
func (s *server) serveProxied(t *Transport, addr string, limit payload.Size) error {
	workers := "inproc://workers" // visible in this server's context only
	if t.WorkersIPC {
		var err error
		const name = "/workers"
		if s.folder, err = tempdir.New("zmqecho-", len(name)); err != nil {
			return err
		}
		workers = "ipc://" + s.folder + name
	}
	frontend, err := s.bind(t, zmq4.ROUTER, addr, limit)
	if err != nil {
		return err
	}
	// The queues of requests are bounded, so that the proxy stops reading when they are
	// full. The queues of replies are not bounded, because a REP socket drops a reply
	// that does not fit; there are never more replies than requests.
	backend, err := s.inner(zmq4.DEALER, socket.RequestsHWM, 0, func(s *zmq4.Socket) error { return s.Bind(workers) })
	if err != nil {
		frontend.Close()
		return err
	}
	s.running.Go(func() {
		defer frontend.Close()
		defer backend.Close()
		zmq4.Proxy(frontend, backend, nil) // returns when the context is terminated
	})
	for range t.Workers {
		rep, err := s.inner(zmq4.REP, 0, socket.RequestsHWM, func(s *zmq4.Socket) error { return s.Connect(workers) })
		if err != nil {
			return err
		}
		s.running.Go(func() { serve(rep, limit) })
	}
	return nil
}

// inner opens one of the sockets between the proxy and its workers, and calls attach
// to bind or to connect it.
func (s *server) inner(kind zmq4.Type, sendHWM, receiveHWM int, attach func(*zmq4.Socket) error) (*zmq4.Socket, error) {
	sock, err := s.open(kind)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(sock.SetLinger(0), sock.SetSndhwm(sendHWM), sock.SetRcvhwm(receiveHWM), sock.SetBacklog(backlog), attach(sock)); err != nil {
		sock.Close()
		return nil, fmt.Errorf("set up the proxy's %v socket: %w", kind, err)
	}
	return sock, nil
}
