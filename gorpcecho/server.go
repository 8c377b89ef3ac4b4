package gorpcecho

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/valyala/gorpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/conns"
	"github.com/echobench/echobench/payload"
)

type server struct {
	listener *conns.Listener
	rpc      *gorpc.Server
	limit    payload.Size
	payloads sync.Pool // of *payload.Payload
	once     sync.Once
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
		listener: conns.NewListener(l),
		limit:    limit,
		payloads: sync.Pool{New: func() any { return new(payload.Payload) }},
	}
	accepting := listener{s.listener}
	if config != nil {
		accepting.Listener = tls.NewListener(s.listener, config)
	}
	s.rpc = &gorpc.Server{
		Addr:             s.Addr(),
		Handler:          s.handle,
		FlushDelay:       t.FlushDelay,
		PendingResponses: pending,
		Listener:         accepting,
		LogError:         gorpc.NilErrorLogger,
	}
	if err := s.rpc.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("gorpcecho: %w", err), s.listener.Close())
	}
	return s, nil
}

// Addr implements [echo.Server].
func (s *server) Addr() string { return s.listener.Addr().String() }

// Close implements [echo.Server]. It closes the connections before it stops gorpc,
// because gorpc's Stop does not close all of them. gorpc does not wait for the
// goroutines that handle requests, but once the connections are closed these do not
// wait for anything either.
func (s *server) Close() (err error) {
	s.once.Do(func() {
		if err = s.listener.Close(); err != nil {
			err = fmt.Errorf("gorpcecho: %w", err)
		}
		s.rpc.Stop()
	})
	return err
}

// handle is the server's gorpc.HandlerFunc. gorpc calls it from many goroutines at
// the same time.
func (s *server) handle(_ string, request any) any {
	b, ok := request.([]byte)
	if !ok {
		return fmt.Sprintf("a request of type %T: want []byte", request)
	}
	p := s.payloads.Get().(*payload.Payload)
	reply := answer(b, p, s.limit)
	s.payloads.Put(p)
	return reply
}

// tooLarge is the reply to a request whose data exceeds the limit.
const tooLarge = "the data exceeds the server's limit"

// answer returns the reply to a request: a []byte, or a string that says why the
// server rejects the request. It decodes into p, and encodes into the request's
// storage, which gob allocated for this request alone. The reply does not contain
// fields that Payload does not have.
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

// A listener adapts a net.Listener to gorpc.Listener. It listens from the beginning,
// so that Transport.Listen can report an address that is in use.
type listener struct{ net.Listener }

func (l listener) Init(string) error    { return nil }
func (l listener) ListenAddr() net.Addr { return l.Addr() }

func (l listener) Accept() (conn io.ReadWriteCloser, clientAddr string, err error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, "", err
	}
	return c, c.RemoteAddr().String(), nil
}
