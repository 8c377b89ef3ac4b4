package rest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/rest"
)

func Example() {
	var transport rest.Transport
	server, err := transport.Listen("")
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

// A test or benchmark starts a server with StartServer, which also closes it.
func ExampleStartServer() {
	benchmark := func(b *testing.B) {
		client, err := rest.Dial(b.Context(), rest.StartServer(b))
		if err != nil {
			b.Fatal(err)
		}
		defer client.Close()
		req := &payload.Payload{Id: 7, Data: payload.Body(64, 1)}
		var reply payload.Payload
		for b.Loop() {
			if err := client.Echo(b.Context(), req, &reply); err != nil {
				b.Fatal(err)
			}
		}
	}
	fmt.Println(testing.Benchmark(benchmark))
}
