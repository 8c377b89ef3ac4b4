// Package grpcecho echoes over gRPC with google.golang.org/grpc.
//
// Framing: gRPC over HTTP/2 (PROTOCOL-HTTP2.md of gRPC, RFC 9113), in DATA
// frames of 16 KiB at most, which grpc-go has no option for. An echo is one
// unary call of echobench.grpcecho.Echo/Echo, see echo.proto: a stream of its
// own, with headers, one message of 5 bytes and the encoded Payload, and a
// status. With Stream it is one message each way on a stream of EchoStream that
// stays open; see there. What the server refuses gets a status:
//
//	RESOURCE_EXHAUSTED  the message or its data exceeds MaxSize
//	INTERNAL            the message is not a Payload
//	UNIMPLEMENTED       another method, or a compression other than gzip
//
// Connections: a Client is one ClientConn, which is one HTTP/2 connection that
// all its callers share; Conns says how many Clients serve the workers. A
// ClientConn that lost its connection dials again after grpc's usual backoff,
// 1 s and more; until then calls fail at once. No proxy, no service config and
// no idle timeout: what the environment or the name service says has no effect.
//
// Limits: MaxSize bounds a message at both ends, before anything is allocated
// for it; grpc's own default of 4 MiB for what is received, and none for what is
// sent, does not apply. Headers are bounded by 8 KiB, and the server gives a
// connection 10 s for its handshake.
//
// Measured with -bench NAME, medians of 6 or more, on 2 virtual CPUs, Linux 6.18,
// Go 1.26, grpc 1.81.1, both ends in one process:
//
//	TieredOverDefault  32704B: 58 µs with either pool
//	                   32KiB: 181 µs with grpc's default pool, 82 µs with TieredPool (0.45 of it)
//	                   64KiB: 221 µs and 119 µs (0.54)
//	PoolLoad           64KiB, 500 workers: a peak of 1.2 GiB and 4.2k ops/s with the default
//	                   pool, 360 MiB and 8.4k ops/s with TieredPool
//	Stream             64B, 50 workers: 58k ops/s by unary calls, 212k on streams, 351k with
//	                   8 requests in flight on each
//	Conns              64B, 500 workers: 78k ops/s on 1 ClientConn, 83k on 8, 26k on one each
//	Codec              one worker: at 64B 27 µs with payload's codec, 29 µs with grpc's own; at
//	                   64KiB 217 µs and 245 µs
//
// The generated server makes a message for each unary call, so that its data is
// allocated anew. On a stream, and in the servers of the other protocols here, it
// is decoded into a message that is used again.
package grpcecho

import (
	"context"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
)

//go:generate protoc --plugin=protoc-gen-go=../tools/protoc-gen-go --plugin=protoc-gen-go-grpc=../tools/protoc-gen-go-grpc --proto_path=echobench/grpcecho=. --proto_path=echobench/payload=../payload --go_out=.. --go_opt=module=github.com/echobench/echobench --go-grpc_out=.. --go-grpc_opt=module=github.com/echobench/echobench echobench/grpcecho/echo.proto

const (
	maxHeader        = 8 << 10          // bytes of headers, either way
	handshakeTimeout = 10 * time.Second // how long a client may take to send HTTP/2's preface
)

// A Transport's fields are its options.
type Transport struct {
	// MaxSize is the largest len(Data); 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many ClientConns serve the workers, each shared by as many of
	// them; 0 means 1, and [echo.Each] one for each worker. It takes effect
	// through [Transport.Describe]: a Client is always one ClientConn.
	Conns int

	// Stream makes calls go over bidirectional streams that stay open, one for
	// each call in flight, in place of unary calls. A stream can't give up one
	// message: if a call fails or its context ends first, its stream is reset, and
	// a later call opens another. The Client is then an [echo.Pipeliner].
	Stream bool

	// TLS encrypts. Listen makes a certificate that only this server has, and
	// clients do not verify whose it is.
	TLS bool

	// Gzip compresses every message, both ways, at gzip's default level. (Whether
	// used or not, gzip is known to every grpc client and server of a program that
	// imports this package, and clients say in their headers that they accept it.)
	Gzip bool

	// StockCodec has both ends encode by grpc's own codec, the proto package, in
	// place of [payload.Append] and [payload.Unmarshal]: the bytes are the same.
	StockCodec bool

	// Pool is where buffers for messages come from at both ends; nil means grpc's
	// default pool. See [TieredPool]. The stock codec's are the default pool's.
	Pool mem.BufferPool

	// WriteBuffer and ReadBuffer are how much a connection, at either end, gathers
	// before it writes and reads at once; 0 means grpc's default of 32 KiB.
	WriteBuffer, ReadBuffer payload.Size

	// Window is how much may be sent before the receiver consents to more, for
	// each stream and for the connection, at least 64 KiB. 0 means grpc's default:
	// 64 KiB, growing with the bandwidth that it measures to at most 16 MiB.
	Window payload.Size

	server []grpc.ServerOption // further ones, for tests
}

// StartServer starts the default Transport's server for the time of a test or
// benchmark and returns its address.
func StartServer(tb testing.TB) (addr string) {
	tb.Helper()
	return echo.StartServer(tb, &Transport{})
}

// Dial connects to a server with the default Transport.
func Dial(ctx context.Context, addr string) (echo.Client, error) {
	return new(Transport).Dial(ctx, addr)
}

// Name returns "grpc".
func (t *Transport) Name() string { return "grpc" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	conns := max(t.Conns, 1)
	if t.Conns == echo.Each || conns > workers {
		conns = workers
	}
	return echo.Description{
		Clients:  conns,
		Files:    2*conns + 1,
		MaxSize:  limit,
		Settings: t.settings(conns, limit),
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
	return newServer(l, limit, options...), nil
}

// Dial implements [echo.Transport]. It sends an empty echo, so that the
// Client starts with a connection to a server that answers; if the first attempt
// to connect fails, so does Dial. The Client is safe for concurrent use and
// stays usable after any error.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	unary, err := newClient(addr, limit, t.dialOptions(limit)...)
	if err != nil {
		return nil, err
	}
	var c echo.Client = unary
	if t.Stream {
		c = &streamClient{client: unary}
	}
	if err := c.Echo(ctx, &payload.Payload{}, &payload.Payload{}); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}
