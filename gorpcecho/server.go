package gorpcecho

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/conns"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

type server struct {
	listener     *conns.Listener
	rpc          *gorpc.Server
	limit        payload.Size
	tls          *tls.Config   // nil without TLS
	compress     bool          // if clients ask for it
	firstTimeout time.Duration // for the handshakes of TLS and of gorpc and the first request
	idleTimeout  time.Duration // 0 means none
	payloads     sync.Pool     // of *payload.Payload
	once         sync.Once
}

func (t *Transport) newServer(addr string, limit payload.Size) (echo.Server, error) {
	config, err := t.serverTLS()
	if err != nil {
		return nil, fmt.Errorf("gorpcecho: %w", err)
	}
	l, err := t.listen(addr)
	if err != nil {
		return nil, err
	}
	s := &server{
		listener:     conns.NewListener(l),
		limit:        limit,
		tls:          config,
		compress:     t.Compress,
		firstTimeout: cmp.Or(t.firstTimeout, stream.FirstTimeout),
		idleTimeout:  t.IdleTimeout,
		payloads:     sync.Pool{New: func() any { return new(payload.Payload) }},
	}
	s.rpc = &gorpc.Server{
		Addr:             l.Addr().String(),
		Handler:          s.handle,
		Concurrency:      concurrency,
		FlushDelay:       t.flushDelay(),
		PendingResponses: pending,
		SendBufferSize:   buffer,
		RecvBufferSize:   buffer,
		OnConnect:        s.accept,
		Listener:         listener{s.listener},
		LogError:         discardLog,
	}
	if err := s.rpc.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("gorpcecho: %w", err), s.listener.Close())
	}
	return s, nil
}

// Addr implements [echo.Server].
func (s *server) Addr() string { return s.listener.Addr().String() }

// Close implements [echo.Server]. It closes the connections before it stops gorpc,
// because gorpc's Stop does not close all of them, and waits for handshakes. gorpc
// does not wait for the goroutines that handle requests, but once the connections
// are closed these do not wait for anything either.
func (s *server) Close() (err error) {
	s.once.Do(func() {
		if err = s.listener.Close(); err != nil {
			err = fmt.Errorf("gorpcecho: %w", err)
		}
		s.rpc.Stop()
	})
	return err
}

// accept reads the handshake of a new connection in place of gorpc, which would
// read it in a goroutine that Stop does not wait for. If accept returns an error,
// gorpc closes the connection.
func (s *server) accept(_ string, rwc io.ReadWriteCloser) (io.ReadWriteCloser, error) {
	accepted := rwc.(*conns.Conn)
	c := socket{Conn: accepted.Conn, below: accepted}
	if s.tls != nil {
		c.Conn = tls.Server(accepted.Conn, s.tls)
	}
	idle := time.AfterFunc(s.firstTimeout, func() { accepted.Close() })
	var handshake [1]byte
	if _, err := io.ReadFull(c, handshake[:]); err != nil {
		idle.Stop()
		return nil, err
	}
	switch {
	case handshake[0] == plain:
	case handshake[0] == compressed && s.compress:
	default:
		idle.Stop()
		return nil, fmt.Errorf("handshake %#x: want %d, or %d with Compress", handshake[0], plain, compressed)
	}
	return newServerConn(c, handshake[0] == compressed, s.limit, idle, s.idleTimeout), nil
}

// handle is the server's gorpc.HandlerFunc. gorpc calls it from many goroutines at
// the same time.
func (s *server) handle(_ string, request any) any {
	b, ok := request.([]byte)
	if !ok {
		return fmt.Sprintf("a request of type %T: want []byte", request)
	}
	p := s.payloads.Get().(*payload.Payload)
	response := answer(b, p, s.limit)
	s.payloads.Put(p)
	return response
}

// tooLarge is the answer to a request whose data exceeds the limit, though the
// length of the message does not.
const tooLarge = "the data exceeds the server's limit"

// answer returns the answer to a request: a []byte, or a string that says why the
// server refuses the request. It decodes into p, and encodes into the request's
// storage, which gorpc allocated for this request alone. An answer to a request
// from this package always fits. The answer does not contain fields that Payload
// does not have.
func answer(request []byte, p *payload.Payload, limit payload.Size) any {
	if err := payload.Unmarshal(request, p); err != nil {
		return fmt.Sprintf("%d bytes are not a Payload: %v", len(request), err)
	}
	if len(p.Data) > int(limit) {
		return tooLarge
	}
	payload.Stamp(p)
	return payload.Append(request[:0], p)
}

// A listener adapts a conns.Listener to gorpc.Listener. It listens from the
// beginning, so that Transport.Listen can report an address that is in use.
type listener struct{ *conns.Listener }

func (l listener) Init(string) error    { return nil }
func (l listener) ListenAddr() net.Addr { return l.Addr() }

func (l listener) Accept() (conn io.ReadWriteCloser, clientAddr string, err error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, "", err
	}
	return c, c.RemoteAddr().String(), nil
}
