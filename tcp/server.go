package tcp

import (
	"crypto/tls"
	"net"

	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A server answers the messages of its connections according to the options.
type server struct {
	*stream.Server
	options *Transport
	config  *tls.Config // nil without TLS
	limit   payload.Size
	gate    *gate // nil without Grants
	buffers bufferPool

	progress *inprogress.Limit // nil without RefuseAbove
}

// newServer starts a server on l, which it owns.
func (t *Transport) newServer(l net.Listener, config *tls.Config, limit payload.Size, progress *inprogress.Limit) *server {
	s := &server{options: t, config: config, limit: limit, progress: progress}
	if t.Grants > 0 {
		s.gate = newGate(t.Grants)
	}
	s.Server = stream.Serve(l, s.handle)
	return s
}

// handle answers the messages of one connection.
func (s *server) handle(conn net.Conn) {
	if s.options.tune(conn) != nil {
		return // the client has closed the connection
	}
	if s.config != nil {
		conn = tls.Server(conn, s.config)
	}
	d := newDeadlines(conn, s.options.IdleTimeout)
	switch {
	case s.options.Mux:
		answerMux(conn, s.limit, d, s.progress)
	case s.gate != nil:
		s.gate.answer(newPooledCodec(conn, s.limit, &s.buffers), d, s.progress)
	case s.progress != nil:
		answerRefusing(conn, s.limit, d, s.progress)
	default:
		stream.Answer(timedCodec{stream.NewFrameCodec(conn, s.limit), d}, s.limit)
	}
}

// Close implements [echo.Server].
func (s *server) Close() error {
	if s.gate != nil {
		s.gate.close() // first, because the Server waits for the handlers that wait for grants
	}
	return s.Server.Close()
}
