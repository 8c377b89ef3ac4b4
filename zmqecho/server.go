//go:build cgo && !nozmq

package zmqecho

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A server has a context that it does not share. Each of its goroutines is the
// only user of its sockets, and closes them when libzmq reports that the context
// was terminated. Term waits for that.
type server struct {
	context *zmq4.Context
	addr    string
	folder  string // holds the workers' Unix domain socket; empty without one
	held    int    // the most bytes of requests without an answer that a connection may have

	idle, handshake time.Duration // time limits

	running sync.WaitGroup
	closing chan struct{} // closed by Close

	publicKey, secretKey string // for CURVE; empty without it

	once sync.Once
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
	s := &server{
		context:   z,
		held:      t.held(limit),
		idle:      t.IdleTimeout,
		handshake: cmp.Or(t.handshakeTimeout, handshakeTimeout),
		closing:   make(chan struct{}),
	}
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
	s.running.Go(func() { serve(rep, limit) })
	return nil
}

// bind opens a socket of the given kind, binds it to the endpoint that clients
// connect to, and sets s.addr.
func (s *server) bind(kind zmq4.Type, endpoint string, ipv6 bool, limit payload.Size) (*zmq4.Socket, error) {
	socket, err := s.context.NewSocket(kind)
	if err != nil {
		return nil, fmt.Errorf("open a %v socket: %w", kind, err)
	}
	watcher, err := s.watch(socket)
	if err != nil {
		socket.Close()
		return nil, err
	}
	err = errors.Join(
		setLimits(socket, limit, s.secretKey != "", ipv6, answersHWM, hwm),
		socket.SetBacklog(backlog),
		socket.SetHandshakeIvl(s.handshake),
		setIdleTimeout(socket, s.idle),
		// A socket with an authentication domain refuses ZMTP 1.0 and 2.0. To libzmq,
		// arbitrary bytes look like ZMTP 1.0. Clients are not authenticated, since
		// there is no handler for the domain.
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
	addr, errAddr := netip.ParseAddrPort(address(endpoint))
	if err = errors.Join(err, errAddr); err != nil {
		socket.Monitor("", 0)
		socket.Close()
		watcher.close()
		return nil, err
	}
	s.running.Go(func() { watcher.run(s.closing, addr.Port()) })
	s.addr = address(endpoint)
	if s.publicKey != "" {
		s.addr = withKey(s.addr, s.publicKey)
	}
	return socket, nil
}

// Addr implements [echo.Server].
func (s *server) Addr() string { return s.addr }

// Close implements [echo.Server]. It terminates the context, which disconnects the
// clients and ends the goroutines.
func (s *server) Close() (err error) {
	s.once.Do(func() {
		close(s.closing)
		if e := s.context.Term(); e != nil {
			err = fmt.Errorf("zmqecho: terminate the server's context: %w", e)
		}
		s.running.Wait()
		if s.folder == "" {
			return
		}
		if e := os.RemoveAll(s.folder); e != nil {
			err = errors.Join(err, fmt.Errorf("zmqecho: %w", e))
		}
	})
	return err
}

// serve answers the requests that a REP socket receives until the context is
// terminated, and closes the socket.
func serve(rep *zmq4.Socket, limit payload.Size) {
	defer rep.Close()
	a := answerer{limit: limit}
	for {
		request, err := rep.RecvBytes(0)
		if err == nil {
			_, err = rep.SendBytes(a.answer(request), 0)
		}
		switch {
		case err == nil || again(err):
		case zmq4.AsErrno(err) == zmq4.EFSM:
			// The request has more parts, and a REP socket must read all of them before it
			// may answer. Not asking for more parts saves a call for each valid request.
			if err := refuse(rep); err != nil {
				return
			}
		default:
			return // the context was terminated
		}
	}
}

// refuse reads the remaining parts of a request and answers it with an empty part.
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
