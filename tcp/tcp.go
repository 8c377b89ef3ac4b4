// Package tcp echoes over TCP. By option it uses Unix domain sockets, TLS,
// multiplexed connections, or flow control by the server.
//
// # Framing
//
// A message is a frame of package stream: its length, 4 bytes in big-endian order,
// and that many bytes of protobuf, written with one write call. There is no
// handshake, no request number and, except for refusals, no error reply. The receiver
// of a frame that is too long, or that is not a Payload, closes the connection.
//
// # Connections
//
// By default each Client is one persistent connection for one worker, with
// TCP_NODELAY set, and has one request in flight.
//
// With Mux a connection carries many requests at the same time. Each message then
// has a request number of 8 bytes between its length and its Payload. The reply
// repeats the number, so replies may arrive in any order. Both ends write the
// messages that are ready with one call. Buffers are bounded: callers wait while
// the server does not read, and the server stops reading from a client that does
// not read. An Echo notices up to 20 ms late that its context has ended.
//
// # Flow control
//
// With Grants the server decides how many large messages it receives at the same
// time. A client announces a large message by its length with the top bit set, and
// sends the message when the server has returned the same 4 bytes. A grant ends
// when the reply has been written or the connection is closed. A grant that lasts
// longer than 250 ms no longer holds up other clients.
//
// # Refusals
//
// With RefuseAbove a server in which too many requests are in progress refuses a
// request with the 4 bytes ff ff ff ff, which no length within the limits has, in
// place of a reply or a grant. With Mux the request's number follows. The connection
// then carries further requests.
//
// # Limits
//
// MaxSize bounds a message at both ends, before anything is allocated for it. A
// server's read deadlines bound how long it waits for a client's first message and,
// with IdleTimeout, for each further one. Only MaxInFlight at the clients or Grants at
// the server bounds the number of clients that send at the same time. The time that a
// caller waits because of these two counts as latency.
//
// Nothing else protects a server. The number of its connections is not bounded, and a
// client that does not read its replies keeps its connection, with one goroutine and
// the buffers for one message and its reply, until the server's Close.
//
// # Source
//
// This folder contains the plain echo and its options. What multiplexes it, controls its
// flow and polls is in the packages mux, grants and spin below tcp/internal.
package tcp

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/tcp/internal/grants"
)

// A Transport echoes over TCP. Its fields are options, and its zero value is
// ready to use. It must not be copied after first use.
type Transport struct {
	// MaxSize is the largest len(Data), in bytes; 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections serve all workers together. 0 means one
	// connection for each worker, as does echo.Each; with Mux, 0 means one
	// connection. Workers that share a connection without Mux wait for each other.
	Conns int

	// Mux multiplexes connections: each carries many requests at the same time.
	// Server and clients must agree on it.
	Mux bool

	// MaxInFlight is how many requests all clients of this Transport together may
	// have in flight; 0 means no limit. Further requests wait in the order in which
	// they came.
	MaxInFlight int

	// Grants is how many large messages, of more than 4 KiB when encoded, may be on
	// their way to the server at the same time; 0 means no limit. The messages of
	// all clients wait in the order in which the server received their
	// announcements. Server and clients must agree on whether Grants is 0. It cannot
	// be combined with Mux.
	Grants int

	// RefuseAbove is how many requests may be in progress at a server, over all of its
	// connections together; 0 means no limit. The server refuses further requests at
	// once, without decoding them, and Echo returns an error that matches
	// [echo.ErrRefused].
	//
	// A request is in progress from when the server has read it until the server
	// begins to write the reply. With Grants, a large one is in progress from when it
	// was announced, and a refused one is not sent. The transfer of a message does not
	// count, so that a client that is slow to send or to read does not make the server
	// refuse the requests of others.
	//
	// Answering takes almost no time, so requests wait mainly in the socket, where the
	// server cannot count them. A server with RefuseAbove therefore first lets the goroutines of other
	// connections read what has arrived there, and then answers a request. With Mux,
	// the requests that have arrived together on a connection are in progress
	// together, except those of more than 64 KiB, which are read one by one.
	RefuseAbove int

	// IdleTimeout is how long a server waits for each message of a client, until all of
	// it has arrived, before it closes the connection; 0 means no limit. The first
	// message must arrive within 10 s in any case, or within IdleTimeout if that is
	// shorter. With Mux, messages that arrive together have this time together.
	IdleTimeout time.Duration

	// TLS encrypts the connections. Listen creates a key and a certificate for the
	// one server; clients do not verify the certificate.
	TLS bool

	// Unix uses Unix domain sockets. An address is then an absolute path. The empty
	// address means a new socket in a new folder, which the server's Close removes.
	Unix bool

	// SocketReadBuffer and SocketWriteBuffer are the sizes that both ends request
	// from the kernel for the buffers of each socket. The kernel may provide more or
	// less. 0 means the kernel's own sizes, which it adapts. With a read buffer of
	// less than twice the largest segment, which is 64 KiB on the loopback
	// interface, large messages wait for TCP's timers.
	SocketReadBuffer, SocketWriteBuffer payload.Size

	// Spin makes both ends read by polling, without ever sleeping in the kernel, which
	// shortens a small round trip. Each waiting connection keeps a processor busy, so
	// it is for few workers, and for ends with a processor each, such as those of a
	// server in another process. It is available on Unix systems.
	Spin bool

	// Nagle turns TCP_NODELAY off at both ends, so that Nagle's algorithm (RFC 896)
	// delays small writes.
	Nagle bool

	once     sync.Once
	inFlight chan struct{}  // one value for each request in flight; nil without MaxInFlight
	buffers  grants.Buffers // of the clients, with Grants
}

// StartServer starts a server of the default Transport, which is closed when tb
// ends, and returns its address.
func StartServer(tb testing.TB) (addr string) {
	tb.Helper()
	return echo.StartServer(tb, new(Transport))
}

// Dial connects to the server at addr with the default Transport. ctx bounds the
// dial only.
func Dial(ctx context.Context, addr string) (echo.Client, error) {
	return new(Transport).Dial(ctx, addr)
}

// Name returns "tcp".
func (t *Transport) Name() string { return "tcp" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	usual := workers
	if t.Mux {
		usual = 1
	}
	clients := check.Clients(t.Conns, usual, workers)
	return echo.Description{
		Clients:  clients,
		Files:    2*clients + 1,
		MaxSize:  limit,
		Network:  t.network(),
		Settings: t.settings(limit),
	}
}

// Listen implements [echo.Transport].
func (t *Transport) Listen(addr string) (echo.Server, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	config, err := t.serverTLS()
	if err != nil {
		return nil, err
	}
	l, err := t.listen(addr)
	if err != nil {
		return nil, err
	}
	return t.newServer(l, config, limit, inprogress.New(t.RefuseAbove)), nil
}

// Dial implements [echo.Transport]. The Client is one connection and is safe for
// concurrent use.
//
// Without Mux the Client has one request in flight. After an error other than
// echo.ErrTooLarge and echo.ErrRefused its connection is closed, and every later Echo returns an error.
//
// With Mux the Client has many requests in flight, and it implements
// [echo.Pipeliner] unless MaxInFlight is set. A call whose context ends does not
// affect the connection or other calls. If the connection is lost, every call
// returns the cause.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	conn, wire, err := t.dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	return t.limitInFlight(t.newClient(conn, wire, limit)), nil
}
