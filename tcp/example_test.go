package tcp_test

import (
	"context"
	"fmt"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

func Example() {
	var transport tcp.Transport
	server, err := transport.Listen("")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := transport.Dial(context.Background(), server.Addr())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	req := &payload.Payload{Id: 7, Data: []byte("hello")}
	var reply payload.Payload
	err = client.Echo(context.Background(), req, &reply)
	fmt.Printf("%d %s %v\n", reply.Id, reply.Data, err)
	// Output: 7 hello <nil>
}
