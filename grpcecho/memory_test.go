package grpcecho

import (
	"context"
	"fmt"

	"path"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/testkit"
	"github.com/echobench/echobench/payload"
)

// greedy returns a connection that does not limit what it has in flight, and that
// permits the server to send only 64 KiB of each reply.
func greedy(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStaticStreamWindowSize(int32(minWindow)),
		grpc.WithStaticConnWindowSize(int32(minWindow)),
		grpc.WithDefaultCallOptions(grpc.MaxRetryRPCBufferSize(0)), // or the client keeps each request
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// callUnread makes a call and reads nothing of its reply.
func callUnread(ctx context.Context, conn *grpc.ClientConn, method string, req *payload.Payload) error {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(req); err != nil {
		return err
	}
	return stream.CloseSend()
}

// A tally counts the requests that a server has received.
type tally struct{ atomic.Int32 }

// options returns the options of a server whose requests are counted.
func (n *tally) options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			n.Add(1)
			return handler(ctx, req)
		}),
		grpc.ChainStreamInterceptor(func(srv any, s grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			return handler(srv, talliedStream{s, n})
		}),
	}
}

type talliedStream struct {
	grpc.ServerStream
	n *tally
}

func (s talliedStream) RecvMsg(m any) error {
	err := s.ServerStream.RecvMsg(m)
	if err == nil {
		s.n.Add(1)
	}
	return err
}

// eventually waits until f returns true.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(testkit.Hang); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", testkit.Hang, what)
		}
	}
}

// heap returns how many bytes are in use after a garbage collection.
func heap() int {
	runtime.GC()
	runtime.GC() // frees what pools kept during the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// A client that does not read its replies makes the server hold a bounded amount of
// memory, and the server continues to serve others.
func TestMemoryOfUnreadReplies(t *testing.T) {
	for _, c := range []struct {
		size   payload.Size
		calls  int
		method string
		ended  bool // by the server
	}{
		{4 << 20, 100, echopb.Echo_Echo_FullMethodName, true},
		{4 << 20, 100, echopb.Echo_EchoStream_FullMethodName, true},
		{72 << 10, 450, echopb.Echo_Echo_FullMethodName, false}, // grpc's pool has a buffer of 1 MiB for each reply
		{72 << 10, 450, echopb.Echo_EchoStream_FullMethodName, false},
	} {
		t.Run(fmt.Sprintf("%s/%v", path.Base(c.method), c.size), func(t *testing.T) {
			var received tally
			srv := listen(t, &Transport{server: received.options()})
			other := testkit.Dial(t, &Transport{}, srv.Addr())
			before := heap()
			conn := greedy(t, srv.Addr())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			req := &payload.Payload{Id: 1, Data: make([]byte, c.size)}
			for range c.calls {
				if err := callUnread(ctx, conn, c.method, req); err != nil {
					break // the server has ended the connection
				}
			}
			ended := func() bool { return srv.listener.Conns.Len() == 1 }
			eventually(t, "all requests received, or the connection ended", func() bool {
				return ended() || int(received.Load()) > c.calls
			})
			if ended() != c.ended {
				t.Errorf("the server has ended the connection: %v, want %v", !c.ended, c.ended)
			}
			if total := int(received.Load()) * int(c.size); total > 60<<20 {
				t.Errorf("the server has received %d MiB without an answer", total>>20)
			}
			if c.ended {
				cancel() // the client keeps the requests that it could not send
			}
			eventually(t, "at most 200 MiB in use", func() bool { return heap()-before <= 200<<20 })
			testkit.MustEcho(t, other, 1, 64)
			testkit.MustEcho(t, other, 2, 4<<20)
		})
	}
}

// A client that does not finish its requests makes the server hold a bounded amount
// of memory.
func TestMemoryOfUnfinishedRequests(t *testing.T) {
	const message, streams = 4 << 20, 100
	srv := listen(t, &Transport{})
	other := testkit.Dial(t, &Transport{}, srv.Addr())
	c := dialRaw(t, srv.Addr())
	total := 0
	for id := uint32(1); id < 2*streams; id += 2 {
		c.Write(append(headers(id, ""), data(id, message, 1<<10)...))
		if !c.awaitUpdate(t, id) { // until there is room for the message
			break
		}
		for sent := 1 << 10; sent < message-16<<10; sent += 16 << 10 {
			n, _ := c.Write(frame{16 << 10, frameData, 0, id}.encode())
			total += n
		}
	}
	testkit.Receive(t, "the end of the connection", c.ended)
	if total > 60<<20 {
		t.Errorf("the server has received %d MiB of unfinished requests", total>>20)
	}
	testkit.MustEcho(t, other, 1, 4<<20)
}
