// Package echo is the contract between a transport and whoever uses it: what a
// [Transport], its [Server] and its [Client] do, and the optional interfaces
// with which they can do more. The package contains no transport.
//
// The packages tcp, rest, grpcecho, zmqecho and gorpcecho implement it, package
// echotest tests that an implementation keeps it, and the root package echobench
// benchmarks implementations.
package echo

import (
	"context"
	"errors"

	"github.com/echobench/echobench/payload"
)

// A Transport carries echoes between clients and one server. Its fields are
// options, its zero value works, and it holds no connection. Its methods may be
// called by several goroutines at once.
type Transport interface {
	// Name returns the value of the proto= key in a benchmark's name: one or more
	// of a-z and 0-9.
	Name() string

	// Listen starts an echo server, which accepts connections when Listen returns.
	// addr is host:port. An empty host means the IPv4 loopback address, an empty
	// addr means "127.0.0.1:0", and port 0 means a free port, which Server.Addr
	// then reports.
	Listen(addr string) (Server, error)

	// Dial connects to the server at addr. ctx bounds the dial only. When Dial
	// succeeds, it has reached a server.
	Dial(ctx context.Context, addr string) (Client, error)
}

// A Server answers every request with the same id and data and with its own
// timestamp (payload.Stamp). A request that the server cannot decode, or that
// exceeds its limit, affects only the client that sent it.
type Server interface {
	// Addr returns the address that Dial takes.
	Addr() string

	// Close stops the server, ends the calls in flight and waits for the server's
	// goroutines. A second Close does nothing and returns nil.
	Close() error
}

// A Client sends echoes to one server.
type Client interface {
	// Echo sends req and receives reply, whose storage it may reuse.
	// It neither modifies nor retains req. Several goroutines may call Echo at
	// once only if the transport's Description says that clients are shared.
	//
	// The error matches ErrTooLarge if len(req.Data) exceeds the transport's
	// limit; then nothing was sent and the client remains usable. The error
	// matches ErrRefused if the server refused the request because too many were
	// in progress; the client remains usable. The error matches ctx's error if ctx
	// ended first, and net.ErrClosed after Close. After ctx's error or any other
	// error the client may be broken: later calls either work or fail, but they
	// never hang and never return a wrong reply.
	Echo(ctx context.Context, req, reply *payload.Payload) error

	// Close ends the calls in flight with an error, releases the connection and
	// waits for the client's goroutines. A second Close does nothing and returns
	// nil.
	Close() error
}

// ErrTooLarge is matched by the error of an Echo whose data exceeds a limit of
// the client or of the server.
var ErrTooLarge = errors.New("message too large")

// ErrRefused is matched by the error of an Echo that the server refused at once,
// because too many requests were in progress. The server did not answer the
// request, the client remains usable, and the same request may succeed later.
var ErrRefused = errors.New("request refused, too many are in progress")
