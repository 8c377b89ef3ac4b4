package stream

import (
	"net"
	"sync"

	"github.com/echobench/echobench/internal/protocol/conns"
)

// A Server accepts connections and calls a handler for each, in a goroutine of
// its own. It implements echo.Server.
type Server struct {
	listener *conns.Listener
	running  sync.WaitGroup // the accept loop and the handlers
}

// Serve starts a server on l, which it owns. It calls handle with each connection that l
// accepts, and closes the connection when handle returns. The Server's Close closes the
// connections as well, so that the handlers return. When Accept fails, for example because the process has no
// descriptors left, the server tries again a little later.
func Serve(l net.Listener, handle func(net.Conn)) *Server {
	s := &Server{listener: conns.NewListener(l)}
	s.running.Go(func() {
		for {
			conn, err := s.listener.AcceptConn()
			if err != nil {
				return // the listener is closed
			}
			s.running.Go(func() {
				defer conn.Close()
				handle(conn.Conn)
			})
		}
	})
	return s
}

// Addr returns the listener's address.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close closes the listener and every connection, and waits for the handlers.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.running.Wait()
	return err
}
