package stream

import (
	"net"
	"sync"
	"time"

	"github.com/echobench/echobench/internal/conns"
)

// A Server accepts connections and calls a handler for each, in a goroutine of
// its own. It implements echo.Server. Its fields are options, and its zero value is
// ready to use. They must not be changed after Start.
type Server struct {
	// FirstTimeout is how long a client may take to send its first message. If the
	// handler has not written anything by then, the connection is closed. 0 means
	// [FirstTimeout], and a negative value means no limit.
	FirstTimeout time.Duration

	// IdleTimeout is how long a connection may be idle: if nothing is read from it and
	// no write begins, it is closed after once to twice this time. 0 means no limit.
	// Before the first message, the shorter of the two limits applies.
	IdleTimeout time.Duration

	listener *conns.Listener
	running  sync.WaitGroup // the accept loop and the handlers
}

// FirstTimeout is how long a client of a Server may usually take to send its first
// message.
const FirstTimeout = 10 * time.Second

// Serve starts a server on l, which it owns, with the default options. See
// [Server.Start].
func Serve(l net.Listener, handle func(net.Conn)) *Server {
	s := new(Server)
	s.Start(l, handle)
	return s
}

// Start starts the server on l, which it owns. It is called once. handle may use a
// connection, which is a [*ServerConn], until it returns; then the connection is
// closed. The server closes a connection earlier if its client is silent for too
// long, and at Close, so that the handler returns. When Accept fails, for example
// because the process has no descriptors left, the server tries again a little later.
func (s *Server) Start(l net.Listener, handle func(net.Conn)) {
	s.listener = conns.NewListener(l)
	s.running.Go(func() {
		for {
			conn, err := s.listener.AcceptConn()
			if err != nil {
				return // the listener is closed
			}
			s.running.Go(func() {
				defer conn.Close()
				c := s.watch(conn)
				defer c.timer.Stop()
				handle(c)
			})
		}
	})
}

// Addr returns the listener's address.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close closes the listener and every connection, and waits for the handlers.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.running.Wait()
	return err
}
