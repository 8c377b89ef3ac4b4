package grpcecho

import (
	"context"
	"io"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
)

// A server is a grpc.Server whose Close returns soon and leaves nothing running.
type server struct {
	grpc     *grpc.Server
	answers  *service
	listener *listener
	running  sync.WaitGroup // the goroutine that runs Serve
}

// newServer starts a server that accepts connections from l and owns it.
func (t *Transport) newServer(l net.Listener, limit payload.Size, options []grpc.ServerOption) *server {
	s := &server{
		grpc:     grpc.NewServer(options...),
		answers:  &service{limit: limit, progress: inprogress.New(t.RefuseAbove)},
		listener: &listener{Listener: l},
	}
	echopb.RegisterEchoServer(s.grpc, s.answers)
	s.running.Go(func() { s.grpc.Serve(s.listener) }) // returns after Close
	return s
}

// Addr implements [echo.Server].
func (s *server) Addr() string { return s.listener.Addr().String() }

// Close implements [echo.Server].
func (s *server) Close() error {
	err := s.listener.Close()
	s.grpc.Stop()
	s.running.Wait()
	return err
}

// A service answers calls.
type service struct {
	echopb.UnimplementedEchoServer
	limit    payload.Size
	progress *inprogress.Limit // nil without RefuseAbove
}

// Echo answers a unary call.
func (s *service) Echo(_ context.Context, p *payload.Payload) (*payload.Payload, error) {
	if err := s.answer(p); err != nil {
		return nil, err
	}
	return p, nil
}

// EchoStream answers the messages of a stream one after another.
func (s *service) EchoStream(stream grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error {
	var p payload.Payload
	for {
		// Recv would allocate a Payload for each message.
		if err := stream.RecvMsg(&p); err != nil {
			if err == io.EOF {
				return nil // the client has closed its side
			}
			return err
		}
		if err := s.answer(&p); err != nil {
			return err
		}
		if err := stream.Send(&p); err != nil {
			return err
		}
	}
}

// answer turns a request into its reply, or returns the status with which the request
// is rejected. It checks the length of the data, because grpc's limit on the message
// does not suffice: a message without id and timestamp has room for more data than the
// limit.
func (s *service) answer(p *payload.Payload) error {
	if !s.progress.Begin() {
		return status.Errorf(codes.ResourceExhausted, "grpcecho: %d %s", s.progress.Len(), tooMany)
	}
	defer s.progress.End(1)
	s.progress.Yield()
	if len(p.Data) > int(s.limit) {
		return status.Errorf(codes.ResourceExhausted, "grpcecho: data %s (%d vs. %d)", tooLarge, len(p.Data), s.limit)
	}
	payload.Stamp(p)
	return nil
}
