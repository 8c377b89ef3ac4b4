//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/socket"
)

const (
	// backlog lets 500 clients connect at the same time; libzmq's default is 100.
	backlog = 1024

	// handshakeTimeout is how long a server waits for a client's ZMTP handshake;
	// libzmq's default is 30 s.
	handshakeTimeout = 10 * time.Second
)

// A server has a context that it does not share. Each of its goroutines is the
// only user of its sockets, and closes them when libzmq reports that the context
// was terminated. Term waits for that.
type server struct {
	context *zmq4.Context
	addr    string
	folder  string // holds the workers' Unix domain socket; empty without one
	running sync.WaitGroup
	once    sync.Once
}

func (t *Transport) listen(addr string, limit payload.Size) (echo.Server, error) {
	z, err := socket.NewContext(t.Workers + 16)
	if err != nil {
		return nil, err
	}
	s := &server{context: z}
	if t.Workers == 0 {
		err = s.serveAlone(t, addr, limit)
	} else {
		err = s.serveProxied(t, addr, limit)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Addr implements [echo.Server].
func (s *server) Addr() string { return s.addr }

// Close implements [echo.Server]. It terminates the context, which disconnects the
// clients and ends the goroutines.
func (s *server) Close() (err error) {
	s.once.Do(func() {
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

// serveAlone answers from one REP socket.
func (s *server) serveAlone(t *Transport, addr string, limit payload.Size) error {
	rep, err := s.bind(t, zmq4.REP, addr, limit)
	if err != nil {
		return err
	}
	s.running.Go(func() { serve(rep, limit) })
	return nil
}

// bind opens a socket of the given kind, binds it to the address that clients
// connect to, and sets s.addr.
func (s *server) bind(t *Transport, kind zmq4.Type, addr string, limit payload.Size) (*zmq4.Socket, error) {
	endpoint, ipv6, err := socket.Endpoint(context.Background(), addr)
	if err != nil {
		return nil, err
	}
	sock, err := s.open(kind)
	if err != nil {
		return nil, err
	}
	err = errors.Join(socket.SetOptions(sock, limit, t.Curve, ipv6, socket.RepliesHWM, socket.RequestsHWM), t.setServerOptions(sock))
	if err == nil {
		err = socket.SystemError(sock.Bind(endpoint))
	}
	if err == nil {
		endpoint, err = sock.GetLastEndpoint()
	}
	if err != nil {
		sock.Close()
		return nil, err
	}
	s.addr = socket.Address(endpoint)
	if t.Curve {
		public, _, _ := t.curve.get()
		s.addr = withKey(s.addr, public)
	}
	return sock, nil
}

func (s *server) open(kind zmq4.Type) (*zmq4.Socket, error) {
	sock, err := s.context.NewSocket(kind)
	if err != nil {
		return nil, fmt.Errorf("open a %v socket: %w", kind, err)
	}
	return sock, nil
}

// setServerOptions sets the options of a server's socket that clients connect to.
func (t *Transport) setServerOptions(s *zmq4.Socket) error {
	err := errors.Join(
		s.SetBacklog(backlog),
		s.SetHandshakeIvl(handshakeTimeout),
		// A socket with an authentication domain rejects ZMTP 1.0 and 2.0. To libzmq,
		// arbitrary bytes look like ZMTP 1.0. Clients are not authenticated, since
		// there is no handler for the domain.
		s.SetZapDomain("echobench"),
	)
	if t.IdleTimeout > 0 {
		err = errors.Join(err, s.SetHeartbeatIvl(t.IdleTimeout/2), s.SetHeartbeatTimeout(t.IdleTimeout/2), s.SetTcpMaxrt(t.IdleTimeout))
	}
	if t.Curve {
		_, secret, errKey := t.curve.get()
		err = errors.Join(err, errKey, s.SetCurveServer(1), s.SetCurveSecretkey(secret))
	}
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
		// If the request has further parts (EFSM), the socket answers only after the last
		// one.
		if err != nil && !socket.Again(err) && zmq4.AsErrno(err) != zmq4.EFSM {
			return // the context was terminated
		}
	}
}

// An answerer turns requests into replies, one at a time. It reuses its buffers.
type answerer struct {
	limit   payload.Size
	payload payload.Payload
	out     []byte
}

// answer returns the reply to a request, which is valid until the next call. The
// answer is empty if the request is not a Payload or has more data than the limit.
// Fields of the request that Payload does not have are not echoed.
func (a *answerer) answer(request []byte) []byte {
	if payload.Unmarshal(request, &a.payload) != nil || len(a.payload.Data) > int(a.limit) {
		return nil
	}
	payload.Stamp(&a.payload)
	a.out = payload.Append(a.out[:0], &a.payload)
	return a.out
}
