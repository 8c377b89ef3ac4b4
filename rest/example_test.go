package rest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/rest"
)

func Example() {
	transport := rest.Transport{MaxSize: 64 << 10}
	server, err := transport.Listen("") // a free port of the loopback interface
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := rest.Dial(context.Background(), server.Addr())
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
	result := testing.Benchmark(func(b *testing.B) {
		client, err := rest.Dial(b.Context(), rest.StartServer(b))
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		req, reply := &payload.Payload{Id: 7, Data: []byte("hello")}, new(payload.Payload)
		for b.Loop() {
			if err := client.Echo(b.Context(), req, reply); err != nil {
				b.Fatal(err)
			}
		}
	})
	fmt.Println("echoed:", result.N > 0)
	// Output: echoed: true
}
