package tcp

import (
	"crypto/tls"
	"io"
	"net"
	"sync"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A gatedServer ends the wait for grants before it waits for those who wait.
type gatedServer struct {
	*stream.Server
	gate *gate
	once sync.Once
}

func (s *gatedServer) Close() error {
	s.once.Do(func() { close(s.gate.closed) })
	return s.Server.Close()
}

// serve starts a server on l that speaks as the options say.
func (t *Transport) serve(l net.Listener, secure *tls.Config, limit payload.Size) echo.Server {
	var g *gate
	if t.Grants > 0 {
		g = newGate(t.Grants)
	}
	buffers := new(frameBuffers)
	srv := stream.Serve(l, func(conn net.Conn) {
		if t.tune(conn) != nil {
			return // the client has hung up
		}
		var wire io.ReadWriter = conn
		if secure != nil {
			wire = tls.Server(conn, secure)
		}
		switch {
		case t.Conns > 0:
			answerMux(wire, limit)
		case g != nil:
			c := newCodec(wire, limit)
			c.buffers = buffers
			g.answer(c)
		default:
			stream.Answer(newCodec(wire, limit), limit)
		}
	})
	if g == nil {
		return srv
	}
	return &gatedServer{Server: srv, gate: g}
}
