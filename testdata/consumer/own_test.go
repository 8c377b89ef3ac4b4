package own_test

import (
	"context"
	"encoding/gob"
	"net"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/echotest"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// Own echoes gob over TCP.
type Own struct{}

func (Own) Name() string { return "own" }

func (Own) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("own", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, func(conn net.Conn) { stream.Answer(newCodec(conn), 1<<20) }), nil
}

func (Own) Dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "own", addr)
	if err != nil {
		return nil, err
	}
	return stream.NewClient("own", conn, newCodec(conn), 1<<20), nil
}

type codec struct {
	*gob.Encoder
	*gob.Decoder
}

type message struct {
	ID, Timestamp int64
	Data          []byte
}

func newCodec(c net.Conn) codec { return codec{gob.NewEncoder(c), gob.NewDecoder(c)} }

func (c codec) Write(p *payload.Payload) error {
	return c.Encode(message{int64(p.Id), p.Timestamp, p.Data})
}

func (c codec) Read(p *payload.Payload) error {
	var m message
	err := c.Decode(&m)
	p.Id, p.Timestamp, p.Data = uint64(m.ID), m.Timestamp, m.Data
	return err
}

func TestConformance(t *testing.T) { echotest.TestTransport(t, Own{}) }

func BenchmarkOwn(b *testing.B) {
	echobench.Suite{Transports: []echo.Transport{Own{}}}.Run(b)
}
