//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/pebbe/zmq4"
)

// A server has a context of its own, whose end ends its goroutines: each has
// the sockets it was given to itself, and closes them when libzmq says that the
// context was terminated. Term waits for that.
type server struct {
	context *zmq4.Context
	addr    string
	folder  string // with the workers' socket, or empty
	running sync.WaitGroup

	publicKey, secretKey string // CURVE's, or empty

	once sync.Once
	err  error
}

func (t *Transport) listen(addr string, limit payload.Size) (echo.Server, error) {
	endpoint, ipv6, err := endpoint(context.Background(), addr)
	if err != nil {
		return nil, err
	}
	z, err := newContext(t.Workers + 16)
	if err != nil {
		return nil, err
	}
	s := &server{context: z}
	if t.Curve {
		s.publicKey, s.secretKey, err = t.curve.get()
	}
	if err == nil && t.Workers == 0 {
		err = s.serveAlone(endpoint, ipv6, limit)
	} else if err == nil {
		err = s.serveProxied(endpoint, ipv6, limit, t)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// serveAlone answers from one REP socket.
func (s *server) serveAlone(endpoint string, ipv6 bool, limit payload.Size) error {
	rep, err := s.bind(zmq4.REP, endpoint, ipv6, limit)
	if err != nil {
		return err
	}
	s.running.Go(func() {
		defer rep.Close()
		answer(rep, limit)
	})
	return nil
}

// serveProxied deals requests out to REP workers, in turn.
func (s *server) serveProxied(endpoint string, ipv6 bool, limit payload.Size, t *Transport) error {
	workers := "inproc://workers" // in the server's context: no other server sees it
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
		zmq4.Proxy(frontend, backend, nil) // until the context's end
	})
	for range t.Workers {
		rep, err := s.worker(workers)
		if err != nil {
			return err
		}
		s.running.Go(func() {
			defer rep.Close()
			answer(rep, limit)
		})
	}
	return nil
}

func (s *server) bind(kind zmq4.Type, endpoint string, ipv6 bool, limit payload.Size) (*zmq4.Socket, error) {
	socket, err := s.context.NewSocket(kind)
	if err != nil {
		return nil, fmt.Errorf("a %v socket: %w", kind, err)
	}
	err = errors.Join(
		setLimits(socket, limit, s.secretKey != "", ipv6, answersHWM, hwm),
		socket.SetBacklog(backlog),
		// A socket with an authentication domain refuses ZMTP 1.0 and 2.0, and 1.0 is
		// what any garbage looks like. Nobody is authenticated: there is no handler.
		socket.SetZapDomain("echobench"),
	)
	if err == nil && s.secretKey != "" {
		err = setCurveServer(socket, s.secretKey)
	}
	if err == nil {
		err = systemError(socket.Bind(endpoint))
	}
	if err == nil {
		endpoint, err = socket.GetLastEndpoint()
	}
	if err != nil {
		socket.Close()
		return nil, err
	}
	s.addr = address(endpoint)
	if s.publicKey != "" {
		s.addr = withKey(s.addr, s.publicKey)
	}
	return socket, nil
}

// dealer binds the workers' side of the proxy. Its queues of requests are
// bounded, so that the proxy stops reading. Those of answers are not, because a
// REP drops what does not fit; there are no more of them than of requests.
func (s *server) dealer(endpoint string) (*zmq4.Socket, error) {
	socket, err := s.context.NewSocket(zmq4.DEALER)
	if err != nil {
		return nil, fmt.Errorf("a DEALER socket: %w", err)
	}
	if err := errors.Join(socket.SetLinger(0), socket.SetSndhwm(hwm), socket.SetRcvhwm(0), socket.SetBacklog(backlog), socket.Bind(endpoint)); err != nil {
		socket.Close()
		return nil, fmt.Errorf("the workers' queue: %w", err)
	}
	return socket, nil
}

func (s *server) worker(endpoint string) (*zmq4.Socket, error) {
	socket, err := s.context.NewSocket(zmq4.REP)
	if err != nil {
		return nil, fmt.Errorf("a worker's REP socket: %w", err)
	}
	if err := errors.Join(socket.SetLinger(0), socket.SetRcvhwm(hwm), socket.SetSndhwm(0), socket.Connect(endpoint)); err != nil {
		socket.Close()
		return nil, fmt.Errorf("a worker: %w", err)
	}
	return socket, nil
}

func (s *server) Addr() string { return s.addr }

// Close terminates the context, which disconnects the clients and ends the
// goroutines.
func (s *server) Close() error {
	s.once.Do(func() {
		if err := s.context.Term(); err != nil {
			s.err = fmt.Errorf("zmqecho: terminate the server's context: %w", err)
		}
		s.running.Wait()
		if s.folder != "" {
			if err := os.RemoveAll(s.folder); err != nil {
				s.err = errors.Join(s.err, fmt.Errorf("zmqecho: %w", err))
			}
		}
	})
	return s.err
}

// answer serves a REP socket until its context is terminated.
func answer(rep *zmq4.Socket, limit payload.Size) {
	a := answerer{limit: limit}
	for {
		request, err := rep.RecvBytes(0)
		if err == nil {
			_, err = rep.SendBytes(a.answer(request), 0)
		}
		switch {
		case err == nil || again(err):
		case zmq4.AsErrno(err) == zmq4.EFSM:
			// The request has more parts, which a REP must read before it may answer.
			// That nobody asks for more in the usual case saves a call a request.
			if err := refuse(rep); err != nil {
				return
			}
		default:
			return // the context was terminated
		}
	}
}

// refuse reads the rest of a request and answers it with an empty part.
func refuse(rep *zmq4.Socket) error {
	for {
		more, err := rep.GetRcvmore()
		if err != nil {
			return err
		}
		if !more {
			_, err := rep.SendBytes(nil, 0)
			return err
		}
		if _, err := rep.RecvBytes(0); err != nil && !again(err) {
			return err
		}
	}
}
