//go:build unix

package tcp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// BenchmarkSpinOverBare compares a connection that both ends poll with the least that
// two processes which poll can do: read and write on the descriptors, as a program
// in C would, without framing and protobuf.
func BenchmarkSpinOverBare(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // side B breaks rules on purpose
	for _, size := range benchkit.Small() {
		echobench.Duel{
			A:           variant(b, "tcpspin"),
			B:           echo.Variant{Name: "barespin", Transport: newBareSpin(size)},
			Sizes:       []payload.Size{size},
			Parallelism: []int{1},
			Server:      echobench.Child,
		}.Run(b)
	}
}

// BenchmarkSpinOverDefault compares it with the default, which sleeps in the kernel.
func BenchmarkSpinOverDefault(b *testing.B) {
	echobench.Duel{
		A:           variant(b, "tcpspin"),
		B:           variant(b, "tcp"),
		Sizes:       benchkit.Small(),
		Parallelism: []int{1},
		Server:      echobench.Child,
	}.Run(b)
}

// A bareSpin is a ping-pong over one TCP connection for each worker, whose ends poll
// their descriptors. Messages of a fixed length contain the id and the data; they are
// neither framed nor encoded, and nothing watches the context. A reply is valid until
// the next Echo.
type bareSpin struct{ length int } // of a message, in bytes

// bareHeader is the length of the id, in bytes.
const bareHeader = 8

// newBareSpin returns a bareSpin with messages as long as the frames of package tcp for
// data of the given size are, in a benchmark with some ten thousand requests.
func newBareSpin(size payload.Size) bareSpin {
	return bareSpin{len(stream.AppendFrame(nil, &payload.Payload{Id: 1 << 14, Data: payload.Body(int(size), 0), Timestamp: 1 << 60}))}
}

func (bareSpin) Name() string { return "barespin" }

func (t bareSpin) Listen(addr string) (echo.Server, error) {
	l, err := stream.Listen("barespin", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, t.answer), nil
}

// answer returns what it receives.
func (t bareSpin) answer(conn net.Conn) {
	buf := make([]byte, t.length)
	withDescriptor(conn, func(fd int) {
		for pollFull(fd, buf, nil) == nil && writeFull(fd, buf) == nil {
		}
	})
}

func (t bareSpin) Dial(ctx context.Context, addr string) (echo.Client, error) {
	conn, err := stream.Dial(ctx, "barespin", addr)
	if err != nil {
		return nil, err
	}
	return &bareSpinClient{Conn: conn, out: make([]byte, t.length), in: make([]byte, t.length)}, nil
}

type bareSpinClient struct {
	net.Conn
	closed  atomic.Bool
	out, in []byte
}

func (c *bareSpinClient) Echo(_ context.Context, req, reply *payload.Payload) error {
	binary.NativeEndian.PutUint64(c.out, req.Id)
	copy(c.out[bareHeader:], req.Data)
	var err error
	withDescriptor(c.Conn, func(fd int) {
		if err = writeFull(fd, c.out); err == nil {
			err = pollFull(fd, c.in, &c.closed)
		}
	})
	reply.Id = binary.NativeEndian.Uint64(c.in)
	reply.Data = c.in[bareHeader:][:len(req.Data)]
	reply.Timestamp = req.Timestamp
	return err
}

func (c *bareSpinClient) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// withDescriptor calls f with conn's descriptor.
func withDescriptor(conn net.Conn, f func(fd int)) {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err == nil {
		raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// pollFull reads until b is full.
func pollFull(fd int, b []byte, closed *atomic.Bool) error {
	for polls := 0; len(b) > 0; polls++ {
		n, err := syscall.Read(fd, b)
		switch {
		case n > 0:
			b = b[n:]
		case n == 0 && err == nil:
			return io.EOF
		case !errors.Is(err, syscall.EAGAIN):
			return err
		case closed != nil && closed.Load():
			return net.ErrClosed
		case polls%1024 == 0:
			runtime.Gosched()
		}
	}
	return nil
}

func writeFull(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := syscall.Write(fd, b)
		if err != nil && !errors.Is(err, syscall.EAGAIN) {
			return err
		}
		b = b[max(n, 0):]
	}
	return nil
}
