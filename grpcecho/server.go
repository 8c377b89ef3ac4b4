package grpcecho

import (
	"context"
	"io"
	"net"
	"sync"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A server is a grpc.Server whose Close is prompt and waits.
type server struct {
	grpc     *grpc.Server
	listener *listener
	running  sync.WaitGroup // Serve
}

func newServer(l net.Listener, limit payload.Size, more ...grpc.ServerOption) *server {
	s := &server{
		listener: &listener{Listener: l, open: map[*conn]struct{}{}},
		grpc: grpc.NewServer(append([]grpc.ServerOption{
			grpc.MaxRecvMsgSize(int(limit) + payload.Overhead),
			grpc.MaxSendMsgSize(int(limit) + payload.Overhead),
			grpc.MaxHeaderListSize(maxHeader),
			grpc.ConnectionTimeout(handshakeTimeout),
			grpc.WaitForHandlers(true),
		}, more...)...),
	}
	echopb.RegisterEchoServer(s.grpc, &service{limit: limit})
	s.running.Go(func() { s.grpc.Serve(s.listener) }) // until Close
	return s
}

func (s *server) Addr() string { return s.listener.Addr().String() }

// Close closes the connections itself: Stop would first wait for those in the
// middle of a handshake, a silent one for as long as handshakeTimeout.
func (s *server) Close() error {
	err := s.listener.closeAll()
	s.grpc.Stop()
	s.running.Wait()
	return err
}

// A service answers the calls.
type service struct {
	echopb.UnimplementedEchoServer
	limit payload.Size
}

func (s *service) Echo(_ context.Context, p *payload.Payload) (*payload.Payload, error) {
	return p, s.answer(p)
}

func (s *service) EchoStream(stream grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error {
	var p payload.Payload
	for {
		// Recv would make a Payload for each message.
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

// answer makes p the answer to itself. A message without id and timestamp may
// carry more data than its length allows otherwise.
func (s *service) answer(p *payload.Payload) error {
	if len(p.Data) > int(s.limit) {
		return status.Errorf(codes.ResourceExhausted, "grpcecho: data %s (%d vs. %d)", tooLarge, len(p.Data), s.limit)
	}
	payload.Stamp(p)
	return nil
}
