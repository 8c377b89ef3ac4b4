package grpcecho

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// waitLimit is how long a test waits for what must come before it gives up.
const waitLimit = 10 * time.Second

func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(waitLimit):
		t.Fatalf("nothing came within %v", waitLimit)
		panic("unreachable")
	}
}

func listenAndServe(t testing.TB, tr *Transport) *server {
	t.Helper()
	srv, err := tr.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv.(*server)
}

// dial makes a client without sending anything.
func dial(t testing.TB, addr string, limit payload.Size) *client {
	t.Helper()
	c, err := newClient(addr, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	t.Cleanup(cancel)
	return ctx
}

func TestStream(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	stream, err := echopb.NewEchoClient(dial(t, srv.Addr(), 4<<20).conn).EchoStream(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	var sent []*payload.Payload
	for i, n := range []int{0, 1, 64, 4096, 0, 64 << 10} {
		p := &payload.Payload{Id: uint64(i), Data: payload.Body(n, uint64(i)), Timestamp: 1}
		sent = append(sent, p)
		if err := stream.Send(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	for _, p := range sent {
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if got.Id != p.Id || !bytes.Equal(got.Data, p.Data) || got.Timestamp <= 1 {
			t.Errorf("answer to %d: id %d, %d bytes, timestamp %d", p.Id, got.Id, len(got.Data), got.Timestamp)
		}
	}
	if got, err := stream.Recv(); err != io.EOF {
		t.Errorf("after the last answer: %v, %v, want EOF", got, err)
	}
}

func TestStreamRefusesSize(t *testing.T) {
	const limit = 1 << 10
	srv := listenAndServe(t, &Transport{MaxSize: limit})
	for _, p := range []*payload.Payload{
		{Id: 1, Data: make([]byte, limit+payload.Overhead+1), Timestamp: 1}, // the message is too long
		{Data: make([]byte, limit+1)},                                       // the data is
	} {
		stream, err := echopb.NewEchoClient(dial(t, srv.Addr(), 4<<20).conn).EchoStream(bounded(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(p); err != nil {
			t.Fatal(err)
		}
		if got, err := stream.Recv(); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("%d bytes: %v, %v, want ResourceExhausted", len(p.Data), got, err)
		}
	}
}

func TestCloseEndsStreams(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	stream, err := echopb.NewEchoClient(dial(t, srv.Addr(), 4<<20).conn).EchoStream(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&payload.Payload{Id: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	closeTwice(t, srv)
	if got, err := stream.Recv(); err == nil {
		t.Errorf("after the server's Close: %v, want an error", got)
	}
}

// A grpc.Server's own Stop waits for handshakes.
func TestCloseEndsHandshakes(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	for _, sent := range []string{"", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"} {
		conn, err := net.Dial("tcp", srv.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, sent)
	}
	// An answer on a further connection: the ones before it were accepted.
	c, err := Dial(bounded(t), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	closeTwice(t, srv)
}

func closeTwice(t *testing.T, srv *server) {
	t.Helper()
	for range 2 {
		done := make(chan error, 1)
		go func() { done <- srv.Close() }()
		if err := receive(t, done); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if got := len(srv.listener.open); got != 0 {
		t.Errorf("%d connections are open after Close", got)
	}
}

func TestServerWithASmallerLimit(t *testing.T) {
	const limit = 1 << 10
	srv := listenAndServe(t, &Transport{MaxSize: limit})
	c, err := Dial(bounded(t), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, req := range []*payload.Payload{
		{Id: 1, Data: make([]byte, limit+1), Timestamp: 1},
		{Data: make([]byte, limit+1)}, // fits in a message, as it has no more
		{Id: 1, Data: make([]byte, 64<<10)},
		{Id: 1, Data: make([]byte, 4<<20)},
	} {
		if err := c.Echo(bounded(t), req, &payload.Payload{}); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("%d bytes: %v, want ErrTooLarge", len(req.Data), err)
		}
		var reply payload.Payload
		if err := c.Echo(bounded(t), &payload.Payload{Id: 1, Data: make([]byte, limit)}, &reply); err != nil || len(reply.Data) != limit {
			t.Errorf("after %d bytes: %v, %d bytes, want %d", len(req.Data), err, len(reply.Data), limit)
		}
	}
}

// rawCodec sends bytes as they are.
type rawCodec struct{ encoding.CodecV2 }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func TestRefusals(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	conn := dial(t, srv.Addr(), 4<<20).conn
	raw := grpc.ForceCodecV2(rawCodec{encoding.GetCodecV2("proto")})
	for _, c := range []struct {
		name   string
		method string
		body   string
		header string
		want   codes.Code
	}{
		{"an echo", "Echo", "\x12\x05hello", "", codes.OK},
		{"empty", "Echo", "", "", codes.OK},
		{"not a Payload", "Echo", "\xff\xff\xff", "", codes.Internal},
		{"truncated Payload", "Echo", "\x12\x05hell", "", codes.Internal},
		{"huge field", "Echo", "\x12\xff\xff\xff\xff\x07", "", codes.Internal},
		{"another method", "Ping", "", "", codes.Unimplemented},
		{"long header", "Echo", "", strings.Repeat("x", 2*maxHeader), codes.Internal},
	} {
		ctx := bounded(t)
		if c.header != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "x", c.header)
		}
		var reply payload.Payload
		err := conn.Invoke(ctx, "/"+echopb.Echo_ServiceDesc.ServiceName+"/"+c.method, []byte(c.body), &reply, raw)
		if got := status.Code(err); got != c.want {
			t.Errorf("%s: %v (%v), want %v", c.name, got, err, c.want)
		}
		if c.want == codes.OK && reply.Timestamp == 0 {
			t.Errorf("%s: %v, want a timestamp", c.name, &reply)
		}
	}
}
