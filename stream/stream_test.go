package stream_test

import (
	"context"
	"encoding/gob"
	"fmt"
	"net"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A codec of gob.
type codec struct {
	*gob.Encoder
	*gob.Decoder
}

type message struct {
	ID, Timestamp int64
	Data          []byte
}

func newCodec(conn net.Conn) codec { return codec{gob.NewEncoder(conn), gob.NewDecoder(conn)} }

func (c codec) Write(p *payload.Payload) error {
	return c.Encode(message{int64(p.Id), p.Timestamp, p.Data})
}

func (c codec) Read(p *payload.Payload) error {
	var m message
	err := c.Decode(&m)
	p.Id, p.Timestamp, p.Data = uint64(m.ID), m.Timestamp, m.Data
	return err
}

func serve(addr string) (*stream.Server, error) {
	l, err := stream.Listen("gob", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, func(conn net.Conn) { stream.Answer(newCodec(conn), 1<<20) }), nil
}

func dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "gob", addr)
	if err != nil {
		return nil, err
	}
	return stream.NewClient("gob", conn, newCodec(conn), 1<<20), nil
}

type transport struct{}

func (transport) Name() string { return "gob" }

func (transport) Listen(addr string) (echo.Server, error) {
	srv, err := serve(addr)
	if err != nil {
		return nil, err
	}
	return srv, nil
}

func (transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	return dial(ctx, addr)
}

func TestConformance(t *testing.T) { echotest.TestTransport(t, transport{}) }

// A client watches a context for as long as calls come with it. That one ends
// after its call, as a request's does, is no concern of the next call.
func TestContextThatEndsAfterItsCall(t *testing.T) {
	addr := echo.StartServer(t, transport{})
	c, err := dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	req, reply := &payload.Payload{Data: []byte("x")}, new(payload.Payload)
	for i := range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			req.Id++
			if err := c.Echo(ctx, req, reply); err != nil || reply.Id != req.Id {
				t.Fatalf("call %d: %v, id %d, want %d", i, err, reply.Id, req.Id)
			}
		}
		cancel()
		if err := c.Echo(ctx, req, reply); err == nil {
			t.Fatal("a cancelled context was accepted")
		}
		if i%2 == 0 { // a context that never ends follows, or the next one
			if err := c.Echo(context.Background(), req, reply); err != nil {
				t.Fatalf("after the context of call %d had ended: %v", i, err)
			}
		}
	}
}

func Example() {
	srv, err := serve("") // see codec in this file: Read and Write by encoding/gob
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	c, err := dial(context.Background(), srv.Addr())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	var reply payload.Payload
	err = c.Echo(context.Background(), &payload.Payload{Id: 1, Data: []byte("hello")}, &reply)
	fmt.Println(reply.Id, string(reply.Data), err)
	// Output: 1 hello <nil>
}
