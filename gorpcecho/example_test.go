package gorpcecho_test

import (
	"context"
	"fmt"
	"log"
	"testing"
	"time"

	"github.com/echobench/echobench/gorpcecho"
	"github.com/echobench/echobench/payload"
)

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	srv, err := new(gorpcecho.Transport).Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, err := gorpcecho.Dial(ctx, srv.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	req := &payload.Payload{Id: 7, Data: []byte("hello")}
	var reply payload.Payload
	if err := client.Echo(ctx, req, &reply); err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Id, string(reply.Data), reply.Timestamp > 0)
	// Output: 7 hello true
}

func ExampleStartServer() {
	_ = func(t *testing.T) { // a test of yours
		addr := gorpcecho.StartServer(t) // until the test ends
		client, err := gorpcecho.Dial(t.Context(), addr)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		var reply payload.Payload
		if err := client.Echo(t.Context(), &payload.Payload{Id: 7, Data: []byte("hello")}, &reply); err != nil {
			t.Error(err)
		}
	}
}
