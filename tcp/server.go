package tcp

import (
	"crypto/tls"
	"net"

	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"github.com/echobench/echobench/tcp/internal/deadline"
	"github.com/echobench/echobench/tcp/internal/grants"
	"github.com/echobench/echobench/tcp/internal/mux"
)

// A server answers the messages of its connections according to the options.
type server struct {
	*stream.Server
	options  *Transport
	config   *tls.Config // nil without TLS
	limit    payload.Size
	grants   *grants.Server    // nil without Grants
	progress *inprogress.Limit // nil without RefuseAbove
}

// newServer starts a server on l, which it owns.
func (t *Transport) newServer(l net.Listener, config *tls.Config, limit payload.Size, progress *inprogress.Limit) *server {
	s := &server{options: t, config: config, limit: limit, progress: progress}
	if t.Grants > 0 {
		s.grants = grants.NewServer(t.Grants, limit, progress)
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
	d := deadline.New(conn, s.options.IdleTimeout)
	switch {
	case s.options.Mux:
		mux.Answer(conn, s.limit, d, s.progress)
	case s.grants != nil:
		s.grants.Answer(conn, d)
	case s.progress != nil:
		answerRefusing(conn, s.limit, d, s.progress)
	default:
		stream.Answer(timedCodec{stream.NewFrameCodec(conn, s.limit), d}, s.limit)
	}
}

// A timedCodec is the codec of a server. It sets the deadline of each message.
type timedCodec struct {
	*stream.FrameCodec
	deadlines *deadline.Setter
}

// Read implements [stream.Codec].
func (c timedCodec) Read(p *payload.Payload) error {
	c.deadlines.Begin()
	return c.FrameCodec.Read(p)
}

// Close implements [echo.Server].
func (s *server) Close() error {
	if s.grants != nil {
		s.grants.Close() // first, because the Server waits for the handlers that wait for grants
	}
	return s.Server.Close()
}
