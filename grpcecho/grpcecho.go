// Package grpcecho echoes over gRPC with google.golang.org/grpc.
//
// Framing: gRPC over HTTP/2 (PROTOCOL-HTTP2.md of gRPC, RFC 9113) without TLS.
// An echo is one unary call of echobench.grpcecho.Echo/Echo, see echo.proto: a
// stream of its own, with headers, one message of 5 bytes and the encoded
// Payload, and a status. The server also has EchoStream, which answers the
// messages of one stream in order. What it refuses gets a status:
//
//	RESOURCE_EXHAUSTED  the message or its data exceeds MaxSize
//	INTERNAL            the message is not a Payload
//	UNIMPLEMENTED       another method, or a compressed message
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
package grpcecho

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
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
	// them; 0 means 1. It takes effect through [Transport.Describe]: a Client is
	// always one ClientConn.
	Conns int

	server []grpc.ServerOption // further ones, for tests
}

// StartServer starts the default Transport's server for the time of a test or
// benchmark and returns its address.
func StartServer(tb testing.TB) (addr string) {
	tb.Helper()
	return echobench.StartServer(tb, &Transport{})
}

// Dial connects to a server with the default Transport.
func Dial(ctx context.Context, addr string) (echobench.Client, error) {
	return new(Transport).Dial(ctx, addr)
}

// Name returns "grpc".
func (t *Transport) Name() string { return "grpc" }

// Describe implements [echobench.Describer].
func (t *Transport) Describe(workers int) echobench.Description {
	limit, conns, _ := t.check()
	conns = min(conns, workers)
	return echobench.Description{
		Clients: conns,
		Files:   2*conns + 1,
		MaxSize: limit,
		Settings: fmt.Sprintf("HTTP/2 without TLS, ClientConns shared by the workers %d, one connection each, NODELAY on, no compression, no proxy, no service config, no idle timeout, no keepalive pings but the server's after 2h, handshake timeout %v, concurrent streams unlimited, 32 KiB read and write buffers, windows of 64 KiB that grow to 16 MiB at most as bandwidth is measured, grpc's default buffer pool, at most %v of headers, max size %v",
			conns, handshakeTimeout, payload.Size(maxHeader), limit),
	}
}

// Listen implements [echobench.Transport].
func (t *Transport) Listen(addr string) (echobench.Server, error) {
	limit, _, err := t.check()
	if err != nil {
		return nil, err
	}
	if addr, err = check.ListenAddr("grpcecho", addr); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("grpcecho: %w", err)
	}
	return newServer(l, limit, t.server...), nil
}

// Dial implements [echobench.Transport]. It sends an empty echo, so that the
// Client starts with a connection to a server that answers; if the first attempt
// to connect fails, so does Dial. The Client is safe for concurrent use and
// stays usable after any error.
func (t *Transport) Dial(ctx context.Context, addr string) (echobench.Client, error) {
	limit, _, err := t.check()
	if err != nil {
		return nil, err
	}
	c, err := newClient(addr, limit)
	if err != nil {
		return nil, err
	}
	if err := c.Echo(ctx, &payload.Payload{}, &payload.Payload{}); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (t *Transport) check() (limit payload.Size, conns int, err error) {
	if err := check.NotNegative("grpcecho", "Conns", t.Conns); err != nil {
		return 0, 0, err
	}
	limit, err = check.MaxSize("grpcecho", t.MaxSize)
	return limit, max(t.Conns, 1), err
}
