package echo_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// All transports are used in the same way.
func ExampleTransport() {
	var tr echo.Transport = &tcp.Transport{}
	srv, err := tr.Listen("") // a free port of the loopback address
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := tr.Dial(context.Background(), srv.Addr())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	var reply payload.Payload
	err = client.Echo(context.Background(), &payload.Payload{Id: 7, Data: []byte("hello")}, &reply)
	fmt.Println(reply.Id, string(reply.Data), reply.Timestamp > 0, err)
	// Output: 7 hello true <nil>
}

// A test or benchmark starts a server in one line. The server stops with it.
func ExampleStartServer() {
	_ = func(t *testing.T) {
		addr := echo.StartServer(t, &tcp.Transport{MaxSize: 1 << 20})
		t.Log("the server listens at", addr)
	}
}
