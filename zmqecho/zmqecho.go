// Package zmqecho echoes over ZeroMQ, through libzmq 4.3 or newer and the Go
// package github.com/pebbe/zmq4. Clients are REQ sockets or, with Dealer, DEALER
// sockets. The server is one REP socket or, with Workers, a ROUTER socket and a
// proxy that distributes the requests among several REP sockets.
//
// # Framing
//
// A protobuf Payload is one message part. ZMTP 3.1
// (rfc.zeromq.org/spec/37) frames it, after the empty delimiter of the
// request-reply pattern (rfc.zeromq.org/spec/28). The server answers a request
// with an empty part if the request is not a Payload, or if its data exceeds the
// server's limit although its message does not. The client returns an error for an
// empty reply. A valid reply is never empty, because it contains a timestamp. If a
// request has several parts, the server answers the last one.
//
// # Connections
//
// By default each Client is one REQ socket with one connection, which
// carries one request at a time. The Clients of one Transport share a ZeroMQ
// context with one I/O thread. The server has a separate context, so that neither
// end's I/O thread works for the other end. A REQ socket that has sent a request
// can only wait for the reply. A call that ends without a reply therefore
// closes the socket, and the next Echo connects again. libzmq's automatic
// reconnecting is off, because it would hide from the Client that its request is
// lost. Go's poller waits for the file descriptors of the sockets (ZMQ_FD), as it does
// for Go's own sockets, so that a call that waits blocks no thread. With Block, and
// always on Windows, it blocks a thread of the operating system, and 500 waiting
// Clients need 500 threads.
//
// With Dealer, each Client is one DEALER socket that any number of callers use at
// the same time. It has up to 512 requests in flight; further requests wait in a
// queue. A call whose context has ended stays in flight until its reply arrives. Each
// request carries a number in its envelope, which is what precedes the delimiter. The
// server returns the envelope with the reply, as spec/28 requires of REP and ROUTER
// sockets, so that the Client can match replies in any order. One goroutine owns the
// socket. When the connection is lost, all calls in flight and all later calls return an
// error.
//
// # Limits
//
// MaxSize sets ZMQ_MAXMSGSIZE, which bounds a message part at both ends before any
// memory is allocated for it. An end that receives a longer part closes the
// connection, and the other end is not told why. The server's high-water marks are 64
// requests and 1024 replies of a connection: it reads that many requests ahead, and
// drops replies when that many have not been read, which is more than a Client of this
// package waits for. The server closes a connection whose ZMTP handshake takes more
// than 10 s (ZMQ_HANDSHAKE_IVL), and with IdleTimeout a connection that answers no
// heartbeats (ZMQ_HEARTBEAT_IVL). It rejects ZMTP 1.0 and 2.0, because version 1.0
// accepts almost any bytes as messages: an authentication domain (ZMQ_ZAP_DOMAIN) has
// this effect.
//
// libzmq bounds neither the bytes that a connection makes a server hold nor the number of
// connections; docs/limits.md says what follows from that.
//
// Without cgo, or with the build tag nozmq, Listen and Dial return an error that
// matches [errors.ErrUnsupported], and Describe states the reason.
package zmqecho

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A Transport echoes over ZeroMQ. Its fields are options, and its zero value is ready to
// use. It must not be copied after first use.
type Transport struct {
	// MaxSize is the largest len(Data), in bytes; 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections serve all workers together. 0 means one for
	// each worker or, with Dealer, one in all; [echo.Each] means one for each
	// worker; the maximum is 1024. A Client is always one connection, so this option
	// takes effect through [Transport.Describe]. Workers that share a REQ socket
	// wait for each other.
	Conns int

	// Dealer makes each Client a DEALER socket, on which many requests are in flight
	// at the same time, instead of a REQ socket. Go's poller waits for it, so it is
	// not available on Windows.
	Dealer bool

	// Block makes each call that waits on a REQ socket block a thread in libzmq, instead
	// of having Go's poller wait for the socket. Calls always block on Windows, where Go
	// cannot poll ZeroMQ's sockets. DEALER sockets never block.
	Block bool

	// Workers is how many REP sockets, each with a thread, answer behind a
	// ROUTER-DEALER proxy, up to 1024. 0 means one REP socket and no proxy.
	Workers int

	// WorkersIPC connects the workers to the proxy over ipc instead of inproc. ipc is
	// a Unix domain socket, in a private temporary folder that Close removes; inproc
	// is memory.
	WorkersIPC bool

	// Curve encrypts with CURVE (rfc.zeromq.org/spec/26). A server's address is then
	// host:port/KEY, where KEY is the server's public key in hexadecimal. The key
	// pair is made at run time, and all servers of a Transport use the same one. A
	// Client that dials an address without a key expects the server to have the key of
	// the Client's Transport. The server does not authenticate its clients.
	Curve bool

	// IdleTimeout is how long a server keeps a connection on which nothing arrives,
	// or whose client does not acknowledge what the server has sent; 2 ms to 24 h. 0
	// means without limit. libzmq sends heartbeats in the meantime (ZMTP's PING). A
	// client that uses libzmq answers them by itself, so that its connection stays
	// open however long it sends no request.
	IdleTimeout time.Duration

	clients sharedContext // the ZeroMQ context of all open Clients
	curve   curveKeys
}

// defaultTransport is the Transport of all Clients of the function Dial, so that
// they share one ZeroMQ context.
var defaultTransport Transport

// StartServer starts a server of the default Transport, which is closed when tb
// ends, and returns its address.
func StartServer(tb testing.TB) (addr string) {
	tb.Helper()
	return echo.StartServer(tb, &defaultTransport)
}

// Dial connects to the server at addr with the default Transport. ctx bounds the
// dial only. All Clients that it returns share one ZeroMQ context and its I/O thread,
// which exist from the first Dial until the last Close.
func Dial(ctx context.Context, addr string) (echo.Client, error) {
	return defaultTransport.Dial(ctx, addr)
}

// Name returns "zmq".
func (t *Transport) Name() string { return "zmq" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	clients := t.connections(workers)
	files, serverFiles := t.files(clients)
	return echo.Description{
		Clients:     clients,
		Files:       files,
		ServerFiles: serverFiles,
		MaxSize:     limit,
		Settings:    t.settings(limit),
		Unavailable: t.unavailable(),
	}
}

// Listen implements [echo.Transport]. Its error matches [errors.ErrUnsupported] in
// a build without ZeroMQ, and syscall.EADDRINUSE if the address is in use.
func (t *Transport) Listen(addr string) (echo.Server, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	hostPort, err := t.withoutKey(addr)
	if err != nil {
		return nil, fmt.Errorf("zmqecho: listen address %q: %w", addr, err)
	}
	if addr, err = stream.ListenAddr("zmqecho", hostPort); err != nil {
		return nil, err
	}
	if err := t.unavailable(); err != nil {
		return nil, err
	}
	srv, err := t.listen(addr, limit)
	if err != nil {
		return nil, fmt.Errorf("zmqecho: listen %s: %w", addr, err)
	}
	return srv, nil
}

// Dial implements [echo.Transport]. It succeeds once the ZMTP handshake is
// complete, and fails at once if nobody listens at addr. Its error then matches the
// system's error, such as syscall.ECONNREFUSED, and in a build without ZeroMQ
// [errors.ErrUnsupported].
//
// The Client is safe for concurrent use. With a REQ socket, calls wait for each
// other, and until Close the Client remains usable after every error. A call that
// waits for its reply notices at once that its context has ended or that the Client
// was closed, and within 1 s, nearly always at once, that the connection is lost. With
// Block, it notices the deadline of its context within 1 ms and the rest within 50 ms.
// With a DEALER socket, a call notices all of this at once, and the Client is an
// [echo.Pipeliner]. Once its connection is lost, every call fails, and the caller must
// dial again.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	if err := t.unavailable(); err != nil {
		return nil, err
	}
	c, err := t.dial(ctx, addr, limit)
	if err != nil {
		return nil, fmt.Errorf("zmqecho: dial %s: %w", addr, err)
	}
	return c, nil
}
