//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"fmt"
	"os"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/payload"
)

// serveProxied distributes the requests in turn among REP workers.
func (s *server) serveProxied(endpoint string, ipv6 bool, limit payload.Size, t *Transport) error {
	workers := "inproc://workers" // visible in this server's context only
	if t.WorkersIPC {
		var err error
		if s.folder, err = os.MkdirTemp("", "zmqecho-"); err != nil {
			return err
		}
		workers = "ipc://" + s.folder + "/workers"
	}
	frontend, err := s.bind(zmq4.ROUTER, endpoint, ipv6, limit)
	if err != nil {
		return err
	}
	backend, err := s.dealer(workers)
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
		rep, err := s.worker(workers)
		if err != nil {
			return err
		}
		s.running.Go(func() { serve(rep, limit) })
	}
	return nil
}

// dealer opens the proxy's socket for the workers. Its queues of requests are
// bounded, so that the proxy stops reading when they are full. Its queues of
// answers are not bounded, because a REP socket drops an answer that does not fit;
// there are never more answers than requests.
func (s *server) dealer(endpoint string) (*zmq4.Socket, error) {
	socket, err := s.context.NewSocket(zmq4.DEALER)
	if err != nil {
		return nil, fmt.Errorf("open the workers' DEALER socket: %w", err)
	}
	if err := errors.Join(socket.SetLinger(0), socket.SetSndhwm(hwm), socket.SetRcvhwm(0), socket.SetBacklog(backlog), socket.Bind(endpoint)); err != nil {
		socket.Close()
		return nil, fmt.Errorf("set up the workers' DEALER socket: %w", err)
	}
	return socket, nil
}

// worker opens the REP socket of one worker.
func (s *server) worker(endpoint string) (*zmq4.Socket, error) {
	socket, err := s.context.NewSocket(zmq4.REP)
	if err != nil {
		return nil, fmt.Errorf("open a worker's REP socket: %w", err)
	}
	if err := errors.Join(socket.SetLinger(0), socket.SetRcvhwm(hwm), socket.SetSndhwm(0), socket.Connect(endpoint)); err != nil {
		socket.Close()
		return nil, fmt.Errorf("set up a worker's REP socket: %w", err)
	}
	return socket, nil
}
