package stream_test

import (
	"context"
	"encoding/gob"
	"fmt"
	"net"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// Gob echoes over TCP with encoding/gob.
type Gob struct{}

func (Gob) Name() string { return "gob" }

func (Gob) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("gob", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, func(conn net.Conn) { stream.Answer(newCodec(conn), gobLimit) }), nil
}

func (Gob) Dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "gob", addr)
	if err != nil {
		return nil, err
	}
	return stream.NewClient("gob", conn, newCodec(conn), gobLimit), nil
}

// gobLimit is the largest length of the data, in bytes.
const gobLimit = 1 << 20

// A codec is a stream.Codec.
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

// A transport that only adds a Codec.
func ExampleCodec() {
	srv, err := Gob{}.Listen("")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := Gob{}.Dial(context.Background(), srv.Addr())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	var reply payload.Payload
	err = client.Echo(context.Background(), &payload.Payload{Id: 1, Data: []byte("hello")}, &reply)
	fmt.Println(reply.Id, string(reply.Data), err)
	// Output: 1 hello <nil>
}
