package tcp_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

func Example() {
	server, err := new(tcp.Transport).Listen("") // a free port of the loopback interface
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := tcp.Dial(context.Background(), server.Addr())
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

func ExampleStartServer() {
	_ = func(b *testing.B) { // func BenchmarkMine(b *testing.B)
		client, err := tcp.Dial(b.Context(), tcp.StartServer(b))
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		req := &payload.Payload{Id: 7, Data: []byte("hello")}
		var reply payload.Payload
		for b.Loop() {
			if err := client.Echo(b.Context(), req, &reply); err != nil {
				b.Fatal(err)
			}
		}
	}
}
