package grpcecho

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
)

// BenchmarkOverPlain compares an Echo with the shortest echo over grpc that has the
// same codec and the same limits. The difference is what checks, errors and contexts
// add.
func BenchmarkOverPlain(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // side B returns grpc's own errors
	echobench.Duel{
		A:           Variants()[0],
		B:           echo.Variant{Name: "plain", Transport: plain{}},
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50, 500},
	}.Run(b)
}

const plainSize = 4<<20 + payload.Overhead

// plain is an echo over grpc as short as it can be.
type plain struct{ echopb.UnimplementedEchoServer }

func (plain) Name() string { return "plain" }

func (plain) Listen(string) (echo.Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := grpc.NewServer(
		grpc.ForceServerCodecV2(codec{mem.DefaultBufferPool()}),
		grpc.MaxRecvMsgSize(plainSize),
		grpc.MaxSendMsgSize(plainSize),
		grpc.MaxHeaderListSize(maxHeader),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.WaitForHandlers(true),
	)
	echopb.RegisterEchoServer(s, plain{})
	go s.Serve(l)
	return plainServer{s, l.Addr().String()}, nil
}

// Echo answers a call.
func (plain) Echo(_ context.Context, p *payload.Payload) (*payload.Payload, error) {
	payload.Stamp(p)
	return p, nil
}

func (plain) Dial(_ context.Context, addr string) (echo.Client, error) {
	conn, err := grpc.NewClient("passthrough:///"+addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodecV2(codec{mem.DefaultBufferPool()}),
			grpc.MaxCallRecvMsgSize(plainSize),
			grpc.MaxCallSendMsgSize(plainSize),
		),
		grpc.WithMaxHeaderListSize(maxHeader),
	)
	return plainClient{conn}, err
}

func (plain) Describe(int) echo.Description { return echo.Description{Clients: 1} }

type plainServer struct {
	*grpc.Server
	addr string
}

func (s plainServer) Addr() string { return s.addr }
func (s plainServer) Close() error { s.Stop(); return nil }

type plainClient struct{ *grpc.ClientConn }

func (c plainClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	return c.Invoke(ctx, echopb.Echo_Echo_FullMethodName, req, reply, grpc.StaticMethod())
}
