package grpcecho

import (
	"context"
	"io"
	"net"
	"runtime"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
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
	answers := &service{limit: limit}
	if t.RefuseAbove > 0 {
		answers.gate = &gate{limit: int64(t.RefuseAbove)}
		options = append(options, answers.gate.options()...)
	}
	s := &server{listener: &listener{Listener: l}, grpc: grpc.NewServer(options...), answers: answers}
	echopb.RegisterEchoServer(s.grpc, answers)
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
	limit payload.Size
	gate  *gate // nil without RefuseAbove
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
		if err := s.answerOnStream(&p); err != nil {
			return err
		}
		if err := stream.Send(&p); err != nil {
			return err
		}
	}
}

// answerOnStream is answer for a request that was received on a stream, and that may
// be refused. Once the request has been counted, other goroutines run first: those of
// the other streams receive what has arrived there. Otherwise, only as many requests
// as there are processors would ever be in progress, however many wait for one.
func (s *service) answerOnStream(p *payload.Payload) error {
	if s.gate == nil {
		return s.answer(p)
	}
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	runtime.Gosched()
	return s.answer(p)
}

// answer turns a request into its answer. It checks the length of the data, because
// grpc's limit on the message does not suffice: a message without id and timestamp
// has room for more data than the limit.
func (s *service) answer(p *payload.Payload) error {
	if len(p.Data) > int(s.limit) {
		return status.Errorf(codes.ResourceExhausted, "grpcecho: data %s (%d vs. %d)", tooLarge, len(p.Data), s.limit)
	}
	payload.Stamp(p)
	return nil
}
