// Package own has a transport of its own, as another repository would have one.
package own

import (
	"context"
	"encoding/gob"
	"net"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// Own echoes over TCP with encoding/gob.
type Own struct{}

// Name implements echo.Transport.
func (Own) Name() string { return "own" }

// Listen implements echo.Transport.
func (Own) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("own", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, func(conn net.Conn) { stream.Answer(newCodec(conn), limit) }), nil
}

// Dial implements echo.Transport.
func (Own) Dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "own", addr)
	if err != nil {
		return nil, err
	}
	return stream.NewClient("own", conn, newCodec(conn), limit), nil
}

// limit is the largest length of the data, in bytes.
const limit = 1 << 20

// A codec is a stream.Codec.
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
