package tcp_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A bare is a ping-pong over one TCP connection for each worker. Messages of a fixed
// length contain the id and the data; they are neither framed nor encoded nor
// copied, and nothing watches the context. It breaks rules that do not matter in a
// benchmark: every message of a client has the data of its first one, and a reply
// is valid until the next Echo.
type bare struct{ length int } // of a message, in bytes

// bareHeader is the length of the id, in bytes.
const bareHeader = 8

// frameLength returns how many bytes the tcp transport sends for data of the given
// size, in a benchmark with some ten thousand requests.
func frameLength(size payload.Size) int {
	return len(stream.AppendFrame(nil, &payload.Payload{Id: 1 << 14, Data: payload.Body(int(size), 0), Timestamp: 1 << 60}))
}

func (bare) Name() string { return "bare" }

func (t bare) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("bare", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, t.answer), nil
}

// answer returns what it receives.
func (t bare) answer(conn net.Conn) {
	buf := make([]byte, t.length)
	for {
		if _, err := io.ReadFull(conn, buf); err != nil {
			return
		}
		if _, err := conn.Write(buf); err != nil {
			return
		}
	}
}

func (t bare) Dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "bare", addr)
	if err != nil {
		return nil, err
	}
	return &bareClient{Conn: conn, in: make([]byte, t.length), length: t.length}, nil
}

type bareClient struct {
	net.Conn
	out, in []byte // out is nil before the first message
	length  int
}

func (c *bareClient) Echo(_ context.Context, req, reply *payload.Payload) error {
	if c.out == nil {
		c.out = make([]byte, c.length)
		copy(c.out[bareHeader:], req.Data)
	}
	binary.NativeEndian.PutUint64(c.out, req.Id)
	if _, err := c.Write(c.out); err != nil {
		return err
	}
	if _, err := io.ReadFull(c.Conn, c.in); err != nil {
		return err
	}
	reply.Id = binary.NativeEndian.Uint64(c.in)
	reply.Data = c.in[bareHeader:][:len(req.Data)]
	reply.Timestamp = req.Timestamp
	return nil
}
