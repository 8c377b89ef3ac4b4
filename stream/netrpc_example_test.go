package stream_test

import (
	"context"
	"fmt"
	"net"
	"net/rpc"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// RPC echoes over net/rpc.
type RPC struct{}

func (RPC) Name() string { return "netrpc" }

func (RPC) Describe(workers int) echo.Description {
	return echo.Description{Clients: 1, Files: 3, MaxSize: rpcLimit, Settings: "net/rpc with gob, one connection for all workers"}
}

func (RPC) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("netrpc", addr)
	if err != nil {
		return nil, err
	}
	server := rpc.NewServer()
	if err := server.Register(Echoer{}); err != nil {
		return nil, err
	}
	return stream.Serve(l, func(conn net.Conn) { server.ServeConn(conn) }), nil
}

// rpcLimit is the largest length of the data, in bytes.
const rpcLimit = 1 << 20

// Echoer is the service.
type Echoer struct{}

func (Echoer) Echo(req, reply *payload.Payload) error {
	reply.Id, reply.Data = req.Id, req.Data
	payload.Stamp(reply)
	return nil
}

func (RPC) Dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "netrpc", addr)
	if err != nil {
		return nil, err
	}
	return &rpcClient{rpc.NewClient(conn), stream.NewCalls("netrpc", rpcLimit)}, nil
}

type rpcClient struct {
	rpc   *rpc.Client
	calls *stream.Calls
}

func (c *rpcClient) Echo(ctx context.Context, req, reply *payload.Payload) error {
	return c.calls.DoBlocking(ctx, req, reply, func(req, reply *payload.Payload) error {
		return c.rpc.Call("Echoer.Echo", req, reply)
	})
}

func (c *rpcClient) Close() error { return c.calls.Close(c.rpc.Close) }

// A transport over an RPC library, here net/rpc.
func ExampleCalls() {
	srv, err := RPC{}.Listen("")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := RPC{}.Dial(context.Background(), srv.Addr())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	var reply payload.Payload
	err = client.Echo(context.Background(), &payload.Payload{Id: 7, Data: []byte("hello")}, &reply)
	fmt.Println(reply.Id, string(reply.Data), err)
	// Output: 7 hello <nil>
}
