// Package rest echoes over HTTP with net/http, the way a REST service would.
//
// # Framing
//
// A request is POST /echo with a Payload in binary protobuf as its body
// and the Content-Type application/x-protobuf. The response has status 200 and a
// body of the same kind. Neither is compressed. The protocol is HTTP/1.1 (RFC
// 9112), or HTTP/2 (RFC 9113) if HTTP2 is set: over TLS, or without TLS by prior
// knowledge (h2c). Both bodies have a Content-Length unless StreamBodies is set.
// The server rejects a request with a status and a line of text:
//
//	400  the body is not a Payload
//	404  the path is not /echo
//	405  the method is not POST (with an Allow header)
//	413  the body or its data exceeds MaxSize
//	415  the Content-Type is another one, or the request has a Content-Encoding
//	503  too many requests are in progress (with a Retry-After header)
//
// # Connections
//
// Over HTTP/1.1, one http.Transport serves all workers. It keeps its
// connections alive and opens another only while all of them are busy, so there
// are about as many connections as workers, and each is dialled once. Over HTTP/2, each
// http.Transport has one connection, which its callers share, and Conns says how
// many Clients serve the workers. A Client dials again after it has lost its
// connection, and dials a second one while more than 600 calls are in flight. No
// proxy is used, whatever the environment says, and no redirect is followed.
//
// The Client keeps a list of its connections, because an http.Transport closes only
// connections that are idle, but the Client's Close ends the calls in flight as well.
//
// # Limits
//
// MaxSize bounds a message at both ends, by http.MaxBytesReader. Storage for a body
// grows with what arrives. Headers are bounded by 8 KiB and, at a server of HTTP/1.1, by
// 10 s, which is also the time limit of the TLS handshake. A connection of HTTP/2 has at
// most 600 streams. Its flow-control windows are those of net/http: the server grants 1
// MiB for a connection and 1 MiB for a stream, the client 1 GiB and 4 MiB.
//
// # What is not limited
//
// A client may take any time to send a body and to read a response, and the server
// accepts any number of connections. A connection of HTTP/1.1 makes the server hold one
// message, but a connection of HTTP/2 whose client does not read responses makes it
// hold as many as there are streams.
//
// After the server has rejected a body over HTTP/1.1 without reading it, or headers
// that are too long, net/http waits for half a second before it closes the connection,
// so that the client receives the response. The server's Close waits as long.
package rest

import (
	"context"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/protocol/check"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A Transport echoes over HTTP. Its fields are options, and its zero value is ready to
// use.
type Transport struct {
	// MaxSize is the largest len(Data), in bytes; 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections serve all workers together.
	//
	// Over HTTP/1.1, it is how many the Client opens at most; it keeps them open
	// when they are idle. 0 means 1024, and [echo.Each] means as many as there are
	// workers. While all connections are busy, calls wait for one, and their wait
	// counts as latency. (By default, net/http keeps only two idle connections, so
	// that most calls of many workers would dial.)
	//
	// Over HTTP/2, each Client has one connection. 0 means one Client and therefore
	// one connection, and echo.Each means one for each worker. The option takes
	// effect through [Transport.Describe], which says how many Clients to dial.
	Conns int

	// HTTP2 selects HTTP/2 from the start, without an upgrade from HTTP/1.1.
	HTTP2 bool

	// TLS encrypts the connections. Listen creates a key and a certificate for the
	// one server; clients do not verify the certificate.
	TLS bool

	// RefuseAbove is how many requests may be in progress at a server, over all of its
	// connections together; 0 means no limit. The server refuses further requests at
	// once, without decoding them, with status 503 and Retry-After (RFC 9110, sections
	// 15.6.4 and 10.2.3). Echo then returns an error that matches [echo.ErrRefused].
	//
	// A request is in progress from when the server has read its body until the server
	// begins to write the response. The transfer of a message does not count, so that
	// a client that is slow to send or to read does not make the server refuse the
	// requests of others.
	//
	// Answering takes almost no time, so requests wait mainly in the socket, where the
	// server cannot count them. A server with RefuseAbove therefore first lets the goroutines of other
	// requests read what has arrived, and then responds to a request.
	RefuseAbove int

	// IdleTimeout is how long the server keeps a connection without a request in
	// progress; 0 means no limit. A Client's next Echo then dials again.
	IdleTimeout time.Duration

	// StreamBodies sends bodies without a Content-Length, like a program that does not
	// know the length in advance, so that over HTTP/1.1 they are chunked. (net/http gives
	// a response of up to 2 KiB a Content-Length all the same.) Clients and servers with
	// and without StreamBodies understand each other.
	StreamBodies bool
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

// Name returns "rest".
func (t *Transport) Name() string { return "rest" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	d := echo.Description{Clients: 1, MaxSize: limit}
	var conns int
	if t.HTTP2 {
		d.Clients = check.Clients(t.Conns, 1, workers)
		conns = d.Clients
	} else {
		// net/http dials when no connection is idle and then uses whichever is ready
		// first, so it opens a few more connections than there are workers.
		conns = min(workers+workers/4, t.clientConns())
	}
	d.Files = 2*conns + 1
	d.Settings = t.settings(limit)
	return d
}

// Listen implements [echo.Transport].
func (t *Transport) Listen(addr string) (echo.Server, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	l, err := stream.Listen("rest", addr)
	if err != nil {
		return nil, err
	}
	srv, err := t.newServer(l, limit, inprogress.New(t.RefuseAbove))
	if err != nil {
		l.Close()
		return nil, err
	}
	return srv, nil
}

// Dial implements [echo.Transport]. It sends empty echoes, so that the Client
// starts with one connection to a server that answers. Over HTTP/2, Dial returns an
// error if the server does not keep the connection open for a second call. The
// Client is safe for concurrent use and remains usable after any error: net/http
// drops the connection that failed and dials another.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	c, err := t.newClient(addr)
	if err != nil {
		return nil, err
	}
	if err := c.connect(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}
