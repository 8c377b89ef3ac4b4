package gorpcecho

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/valyala/gorpc"
)

// handshakeTimeout is gorpc's own.
const handshakeTimeout = 10 * time.Second

type server struct {
	listener *listener
	rpc      *gorpc.Server
	conns    connSet
	limit    payload.Size
	tls      *tls.Config // nil without TLS
	folder   string      // of the Unix domain socket, if it was made for it
	payloads sync.Pool   // of *payload.Payload
	once     sync.Once
	err      error
}

func (t *Transport) listen(addr string, limit payload.Size) (echo.Server, error) {
	config, err := t.serverTLS()
	if err != nil {
		return nil, fmt.Errorf("gorpcecho: %w", err)
	}
	l, folder, err := t.netListen(addr)
	if err != nil {
		return nil, err
	}
	s := &server{limit: limit, tls: config, folder: folder, payloads: sync.Pool{New: func() any { return new(payload.Payload) }}}
	s.listener = &listener{Listener: l, conns: &s.conns, done: make(chan struct{})}
	s.rpc = &gorpc.Server{
		Addr:             l.Addr().String(),
		Handler:          s.handle,
		Concurrency:      concurrency,
		FlushDelay:       t.flushDelay(),
		PendingResponses: pending,
		SendBufferSize:   buffer,
		RecvBufferSize:   buffer,
		OnConnect:        s.accept,
		Listener:         s.listener,
		LogError:         silent,
	}
	if err := s.rpc.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("gorpcecho: %w", err), l.Close(), removeFolder(folder))
	}
	return s, nil
}

func (s *server) Addr() string { return s.listener.Addr().String() }

// Close closes the connections first: Stop would leave some, and would wait for
// handshakes. gorpc does not wait for the goroutines that answer requests, but
// they have nothing left to wait for themselves.
func (s *server) Close() error {
	s.once.Do(func() {
		s.conns.close()
		s.rpc.Stop()
		if err := removeFolder(s.folder); err != nil {
			s.err = fmt.Errorf("gorpcecho: %w", err)
		}
	})
	return s.err
}

// accept reads the handshake in gorpc's stead, which would do so in a goroutine
// that outlives Stop.
func (s *server) accept(_ string, rwc io.ReadWriteCloser) (io.ReadWriteCloser, error) {
	raw := rwc.(net.Conn)
	w := wire{raw, raw, &s.conns}
	if s.tls != nil {
		w.Conn = tls.Server(raw, s.tls)
	}
	fail := func(err error) (io.ReadWriteCloser, error) {
		s.conns.remove(raw)
		return nil, err // gorpc closes raw
	}
	var mode [1]byte
	w.SetDeadline(time.Now().Add(handshakeTimeout)) // TLS writes, too
	if _, err := io.ReadFull(w, mode[:]); err != nil {
		return fail(err)
	}
	w.SetDeadline(time.Time{})
	if mode[0] > compressed {
		return fail(fmt.Errorf("handshake %#x: want %d or %d", mode[0], plain, compressed))
	}
	return newServerConn(w, mode[0] == compressed, s.limit), nil
}

// handle is called by many goroutines at once.
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

// tooLarge is the answer to a message within the limit whose data is not.
const tooLarge = "the data exceeds the server's limit"

// answer returns the answer to a request, a []byte, or a string that says why
// there is none. It works in p and in the request's storage, which gorpc made
// for this request alone and which a Client's answer fits into. A field that Payload
// does not have is not echoed.
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

// A listener is a gorpc.Listener that listens already, so that an address in use
// is an error of Listen.
type listener struct {
	net.Listener
	conns *connSet
	once  sync.Once
	done  chan struct{}
}

func (l *listener) Init(string) error    { return nil }
func (l *listener) ListenAddr() net.Addr { return l.Addr() }

// Accept tries again by itself: gorpc would wait for a second.
func (l *listener) Accept() (io.ReadWriteCloser, string, error) {
	for {
		c, err := l.Listener.Accept()
		if err == nil {
			if !l.conns.add(c) {
				return nil, "", net.ErrClosed
			}
			return c, c.RemoteAddr().String(), nil
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, "", err
		}
		// Out of descriptors, most likely: give others a chance to close theirs.
		select {
		case <-time.After(10 * time.Millisecond):
		case <-l.done:
			return nil, "", net.ErrClosed
		}
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}
