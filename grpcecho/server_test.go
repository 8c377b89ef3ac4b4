package grpcecho

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// listen starts tr's server, which runs until tb ends.
func listen(tb testing.TB, tr *Transport) *server {
	tb.Helper()
	return testkit.Listen(tb, tr).(*server)
}

// openStream opens a stream to srv on a new connection.
func openStream(t *testing.T, srv *server) grpc.BidiStreamingClient[payload.Payload, payload.Payload] {
	t.Helper()
	stream, err := echopb.NewEchoClient(newTestClient(t, srv.Addr(), 4<<20).conn).EchoStream(testkit.Context(t))
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func TestServerStream(t *testing.T) {
	stream := openStream(t, listen(t, &Transport{}))
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
			t.Errorf("reply to %d: id %d, %d bytes, timestamp %d", p.Id, got.Id, len(got.Data), got.Timestamp)
		}
	}
	if got, err := stream.Recv(); err != io.EOF {
		t.Errorf("after the last reply: %v, error %v, want EOF", got, err)
	}
}

func TestServerStreamOverLimit(t *testing.T) {
	const limit = 1 << 10
	srv := listen(t, &Transport{MaxSize: limit})
	for _, p := range []*payload.Payload{
		{Id: 1, Data: make([]byte, limit+payload.Overhead+1), Timestamp: 1}, // the message is too long
		{Data: make([]byte, limit+1)},                                       // the data is too long
	} {
		stream := openStream(t, srv)
		if err := stream.Send(p); err != nil {
			t.Fatal(err)
		}
		if got, err := stream.Recv(); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("%d bytes: %v, error %v, want ResourceExhausted", len(p.Data), got, err)
		}
	}
}

func TestServerCloseEndsStreams(t *testing.T) {
	srv := listen(t, &Transport{})
	stream := openStream(t, srv)
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

// handshake is what a client sends first: the connection preface and an empty
// SETTINGS frame (RFC 9113, 3.4).
const handshake = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// Unlike grpc.Server.Stop, Close does not wait for handshakes.
func TestServerCloseEndsHandshakes(t *testing.T) {
	srv := listen(t, &Transport{})
	for _, sent := range []string{"", "PRI * HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", handshake} {
		io.WriteString(testkit.DialTCP(t, srv.Addr()), sent)
	}
	// The server answers on a later connection, so it has accepted the earlier ones.
	testkit.Dial(t, &Transport{}, srv.Addr())
	closeTwice(t, srv)
}

// After Close, no timer keeps a connection in memory.
func TestCloseStopsTimers(t *testing.T) {
	srv := listen(t, &Transport{})
	testkit.Dial(t, &Transport{}, srv.Addr())
	srv.listener.mu.Lock()
	timers := slices.Collect(maps.Values(srv.listener.recent))
	srv.listener.mu.Unlock()
	closeTwice(t, srv)
	if len(timers) != 1 || timers[0].Stop() || len(srv.listener.recent) != 0 {
		t.Errorf("%d timers for one connection, of which the first or its connection outlives Close", len(timers))
	}
}

// grpc sets options of the server's connections only if it receives them as they are.
func TestAcceptedConnIsPlain(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{Listener: inner}
	defer l.Close()
	testkit.DialTCP(t, l.Addr().String())
	if conn, err := l.Accept(); err != nil {
		t.Error(err)
	} else if _, ok := conn.(*net.TCPConn); !ok {
		t.Errorf("Accept returns a %T, want a *net.TCPConn", conn)
	}
}

// closeTwice closes srv twice.
func closeTwice(t *testing.T, srv *server) {
	t.Helper()
	for range 2 {
		if err := testkit.Within(t, "the server's Close", srv.Close); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

func TestServerWithSmallerLimit(t *testing.T) {
	const limit = 1 << 10
	c := testkit.Dial(t, &Transport{}, listen(t, &Transport{MaxSize: limit}).Addr())
	for _, req := range []*payload.Payload{
		{Id: 1, Data: make([]byte, limit+1), Timestamp: 1},
		{Data: make([]byte, limit+1)}, // fits into a message without id and timestamp
		{Id: 1, Data: make([]byte, 64<<10)},
		{Id: 1, Data: make([]byte, 4<<20)},
	} {
		if err := c.Echo(testkit.Context(t), req, new(payload.Payload)); !errors.Is(err, echo.ErrTooLarge) {
			t.Errorf("Echo of %d bytes: error %v, want ErrTooLarge", len(req.Data), err)
		}
		testkit.MustEcho(t, c, 1, limit)
	}
}

// A rawCodec sends bytes as they are.
type rawCodec struct{ encoding.CodecV2 }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

// rawCalls returns the option with which a call sends a []byte as it is.
func rawCalls() grpc.CallOption {
	return grpc.ForceCodecV2(rawCodec{encoding.GetCodecV2("proto")})
}

func TestServerStatuses(t *testing.T) {
	conn := newTestClient(t, listen(t, &Transport{}).Addr(), 4<<20).conn
	raw := rawCalls()
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
		ctx := testkit.Context(t)
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
