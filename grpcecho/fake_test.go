package grpcecho

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// A fakeServer answers calls with its functions.
type fakeServer struct {
	echopb.UnimplementedEchoServer
	echo   func(context.Context, *payload.Payload) (*payload.Payload, error)
	stream func(grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error
}

func (s *fakeServer) Echo(ctx context.Context, p *payload.Payload) (*payload.Payload, error) {
	return s.echo(ctx, p)
}

func (s *fakeServer) EchoStream(stream grpc.BidiStreamingServer[payload.Payload, payload.Payload]) error {
	return s.stream(stream)
}

// start starts a grpc.Server with grpc's own limits, which runs until t ends.
func (s *fakeServer) start(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer(grpc.WaitForHandlers(true))
	echopb.RegisterEchoServer(srv, s)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := testkit.Receive(t, "the end of Serve", served); err != nil && err != grpc.ErrServerStopped {
			t.Error(err)
		}
	})
	return l.Addr().String()
}
