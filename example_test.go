package echobench_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/grpcecho"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp"
)

// A benchmark of a module's own: two transports, two sizes, two numbers of
// workers.
func ExampleSuite() {
	_ = func(b *testing.B) { // func BenchmarkMine(b *testing.B)
		echobench.Suite{
			Transports:  []echo.Transport{&tcp.Transport{MaxInFlight: 50}, &grpcecho.Transport{}},
			Sizes:       []payload.Size{1 << 10, 64 << 10},
			Parallelism: []int{1, 100},
			Server:      echobench.Child,
		}.Run(b)
	}
}

func ExampleTestTransport() {
	_ = func(t *testing.T) { // func TestConformance(t *testing.T)
		echotest.TestTransport(t, &tcp.Transport{MaxSize: 1 << 20})
	}
}

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

func ExampleSelect() {
	_, err := echobench.Select(echobench.Variants(&tcp.Transport{}, &grpcecho.Transport{}), "http")
	fmt.Println(err)
	// Output:
	// echobench: unknown transport "http"; the known ones are:
	// 	tcp
	// 	grpc
}
