package tcp_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// BenchmarkOverPlain compares an Echo with the shortest echo over net.Conn.
func BenchmarkOverPlain(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // side B does not watch contexts
	echobench.Duel{
		A:           variant(b, "tcp"),
		B:           echo.Variant{Name: "plain", Transport: plain{}},
		Sizes:       benchkit.SmallAndLarge(),
		Parallelism: []int{1, 50, 500},
	}.Run(b)
}

// A plain is the shortest correct echo over net.Conn with the frames of package tcp.
type plain struct{}

// plainMax is the limit on an encoded message, in bytes.
const plainMax = 4<<20 + payload.Overhead

func (plain) Name() string { return "plain" }

func (plain) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("plain", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, func(conn net.Conn) {
		c := newPlainConn(conn)
		var p payload.Payload
		for c.read(&p) == nil {
			payload.Stamp(&p)
			if c.write(&p) != nil {
				return
			}
		}
	}), nil
}

func (plain) Dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "plain", addr)
	if err != nil {
		return nil, err
	}
	return newPlainConn(conn), nil
}

// A plainConn is either end of a connection. As a client it serves one worker.
type plainConn struct {
	net.Conn
	r       *bufio.Reader
	in, out []byte
}

func newPlainConn(conn net.Conn) *plainConn {
	return &plainConn{Conn: conn, r: bufio.NewReaderSize(conn, stream.FrameBuffer)}
}

func (c *plainConn) Echo(_ context.Context, req, reply *payload.Payload) error {
	if err := c.write(req); err != nil {
		return err
	}
	return c.read(reply)
}

func (c *plainConn) read(p *payload.Payload) error {
	var header [stream.FrameHeader]byte
	if _, err := io.ReadFull(c.r, header[:]); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint32(header[:]))
	if n > plainMax {
		return fmt.Errorf("plain: message of %d bytes exceeds the limit of %d", n, plainMax)
	}
	if cap(c.in) < n {
		c.in = make([]byte, n)
	}
	if _, err := io.ReadFull(c.r, c.in[:n]); err != nil {
		return err
	}
	return payload.Unmarshal(c.in[:n], p)
}

func (c *plainConn) write(p *payload.Payload) error {
	c.out = payload.Append(append(c.out[:0], 0, 0, 0, 0), p)
	binary.BigEndian.PutUint32(c.out, uint32(len(c.out)-stream.FrameHeader))
	_, err := c.Write(c.out)
	return err
}
