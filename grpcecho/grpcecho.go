// Package grpcecho echoes over gRPC with google.golang.org/grpc.
//
// # Framing
//
// An echo is one unary call of echobench.grpcecho.Echo/Echo (see
// echo.proto), by gRPC over HTTP/2 (gRPC's PROTOCOL-HTTP2.md and RFC 9113). Each
// call is an HTTP/2 stream with headers, one message each way, and a status. A
// message is 5 bytes and the encoded Payload. DATA frames carry at most 16 KiB,
// for which grpc-go has no option. With Transport.Stream, an echo is one message
// each way on a stream of EchoStream, which stays open. The server rejects a
// request with one of these statuses, which also ends its stream:
//
//	RESOURCE_EXHAUSTED  the message or its data exceeds MaxSize, or more than
//	                    RefuseAbove requests are in progress
//	INTERNAL            the message is not a Payload
//	UNIMPLEMENTED       the method is unknown, or the compression is not gzip
//
// # Connections
//
// A Client is one ClientConn, which has one HTTP/2 connection that
// all callers share. After a ClientConn has lost its connection, it connects again
// with grpc's usual backoff of 1 s and more; until then, calls fail at once. The
// clients use no proxy, no service config and no idle timeout, so that neither the
// environment nor the name service affects them.
//
// # Limits
//
// MaxSize bounds every message at both ends, before memory is allocated
// for it. It replaces grpc's own limits, which are 4 MiB for received messages and
// none for sent ones. Headers are limited to 8 KiB, a server accepts 1024 streams on a
// connection, and it closes a connection whose handshake takes more than 10 s.
//
// grpc limits neither the memory that the requests and the unsent replies of one
// connection take together, nor how long a message may take to arrive. On Linux, its
// servers end a connection whose client has not read for 20 s (TCP_USER_TIMEOUT). A
// server whose clients are not trusted needs further limits in front of it.
//
// The generated server code allocates a message, and thus its data, for each unary
// call. On a stream, and in the servers of the other protocols, a request is
// decoded into a message that is used again.
package grpcecho

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

//go:generate protoc --plugin=protoc-gen-go=../tools/protoc-gen-go --plugin=protoc-gen-go-grpc=../tools/protoc-gen-go-grpc --proto_path=echobench/grpcecho=. --proto_path=echobench/payload=../payload --go_out=.. --go_opt=module=github.com/echobench/echobench --go-grpc_out=.. --go-grpc_opt=module=github.com/echobench/echobench echobench/grpcecho/echo.proto

// A Transport echoes over gRPC. Its fields are options, and its zero value is ready to
// use.
type Transport struct {
	// MaxSize is the largest len(Data), in bytes; 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections serve all workers together. 0 means 1, which
	// all workers share, as usual with gRPC; [echo.Each] means one for each worker.
	// Conns takes effect through [Transport.Describe]: a Client is always one
	// ClientConn, which has one connection.
	Conns int

	// Stream sends calls over bidirectional streams that stay open, one for each
	// call in flight, instead of unary calls. A stream cannot abandon a single
	// message: if a call fails, or if its context ends first, the stream is reset
	// and a later call opens another one. The Client is then an [echo.Pipeliner].
	Stream bool

	// TLS encrypts the connections. Listen creates a key and a certificate for the
	// one server; clients do not verify the certificate.
	TLS bool

	// Compress compresses every message, in both directions, with gzip at its
	// default level. Even without Compress, importing this package registers gzip
	// for every grpc client and server of the program, and clients state in their
	// headers that they accept it.
	Compress bool

	// StockCodec makes both ends encode messages with grpc's own codec, which uses
	// the proto package, instead of [payload.Append] and [payload.Unmarshal]. The
	// encoded bytes are the same.
	StockCodec bool

	// Pool provides the buffers for messages at both ends; nil means grpc's default
	// pool. See [TieredPool]. The stock codec always uses grpc's default pool.
	Pool mem.BufferPool

	// ReadBuffer and WriteBuffer are the sizes, in bytes, of the buffers that grpc
	// keeps for each connection at both ends: how much it reads at once, and how
	// much it collects before it writes. 0 means grpc's default of 32 KiB.
	ReadBuffer, WriteBuffer payload.Size

	// Window is how many bytes may be sent on each stream, and on each connection,
	// before the receiver allows more; at least 64 KiB. 0 means grpc's default:
	// 64 KiB at first, which grows with the measured bandwidth up to 16 MiB, or 64 KiB
	// under the race detector, because grpc has a data race there.
	Window payload.Size

	// RefuseAbove is how many requests may be in progress at a server, over all of its
	// connections together; 0 means no limit. The server refuses further requests at
	// once, and Echo returns an error that matches [echo.ErrRefused].
	//
	// A request is in progress from when it has been received until its reply is ready.
	// Before the server answers it, it receives the requests that have arrived by other
	// calls, so that they count as well. Refusing a request ends its stream; the next
	// call opens another one, but a pipeline can no longer be used.
	RefuseAbove int

	// IdleTimeout is how long a server keeps a connection without a call in progress:
	// grpc's MaxConnectionIdle. 0 means without limit. A stream counts as a call for as
	// long as it is open, even if nothing is sent over it.
	IdleTimeout time.Duration

	server []grpc.ServerOption // additional options, for tests
	client []grpc.DialOption   // additional options, for tests
}

// StartServer starts a server of the default Transport, which is closed when tb
// ends, and returns its address.
func StartServer(tb testing.TB) (addr string) {
	tb.Helper()
	return echo.StartServer(tb, &Transport{})
}

// Dial connects to the server at addr with the default Transport. ctx bounds the
// dial only.
func Dial(ctx context.Context, addr string) (echo.Client, error) {
	return new(Transport).Dial(ctx, addr)
}

// Name returns "grpc".
func (t *Transport) Name() string { return "grpc" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	conns := check.Clients(t.Conns, 1, workers)
	return echo.Description{
		Clients:  conns,
		Files:    2*conns + 1,
		MaxSize:  limit,
		Settings: t.settings(limit),
	}
}

// Listen implements [echo.Transport].
func (t *Transport) Listen(addr string) (echo.Server, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	options, err := t.serverOptions(limit)
	if err != nil {
		return nil, err
	}
	l, err := stream.Listen("grpcecho", addr)
	if err != nil {
		return nil, err
	}
	return t.newServer(l, limit, options), nil
}

// Dial implements [echo.Transport]. It makes an empty echo, so that the Client
// starts with a connection to a server that answers, or that refuses the echo. If the
// first attempt to connect fails, Dial fails. The Client is safe for concurrent use and remains
// usable after any error.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	unary, err := t.newClient(addr, limit)
	if err != nil {
		return nil, err
	}
	var c echo.Client = unary
	if t.Stream {
		c = &streamClient{client: unary}
	}
	if err := c.Echo(ctx, &payload.Payload{}, &payload.Payload{}); err != nil && !errors.Is(err, echo.ErrRefused) {
		c.Close()
		return nil, err
	}
	return c, nil
}
