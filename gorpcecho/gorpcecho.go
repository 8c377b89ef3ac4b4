// Package gorpcecho echoes over gorpc (github.com/valyala/gorpc), an RPC library
// that multiplexes the calls of many goroutines over few connections.
//
// # Framing
//
// A connection begins with one byte from the client, 1 if both
// directions are compressed and 0 if they are not. After that each direction is
// one gob stream (package encoding/gob) of gorpc's wireRequest{ID, Request} or
// wireResponse{ID, Response, Error}. With compression the gob stream is inside one
// DEFLATE stream (RFC 1951). Request and Response hold an encoded Payload as a
// []byte. The server answers a request that it refuses with a string that says
// why, which the client turns into an error.
//
// # Connections
//
// By default one Client with one connection serves all workers. The
// connections use TCP or Unix domain sockets, and TLS over either. gorpc flushes
// its writes when no request is waiting to be written, so that many concurrent
// callers share system calls. A batch is several calls that are queued together,
// and a pipeline is a sequence of calls whose answers are awaited later. Neither
// exists on the wire, where they look like concurrent calls.
//
// # Limits
//
// Gorpc limits messages only by gob's limit of 1 GiB. Here both ends check
// every gob message, after decompression, before gob decodes it. A message that is
// longer than MaxSize allows, or that is not one of gorpc's two types with a
// []byte or a string in it, ends the connection before memory is allocated for it.
// Memory for a message of more than 128 KiB is allocated when a quarter of it has
// arrived, and not when its length is announced.
//
// By itself gorpc's server reads on from a client that does not read its answers,
// until that client has taken all of the server's concurrency and nobody else is
// served. Here the server stops reading from a connection with about 3000 requests
// or 8 MiB of requests that it has not answered. It goes on when it has written
// answers. The Settings of [Transport.Describe] say how much memory one connection
// can make the server hold; garbage that is not collected yet comes on top of it.
//
// A client limits what gorpc holds for its callers. A call waits while 16384 calls
// are in flight, or 4096 in a Client for one worker, so that gorpc's queue does not
// overflow. gorpc keeps the request of a cancelled call until the server answers,
// so these requests count as well, as a call for each 4 KiB: new calls wait while
// about 64 MiB of them are left, or 16 MiB in a Client for one worker.
//
// # Errors
//
// By itself gorpc reconnects again and again while calls wait. Here it
// does not: when one connection is lost, all calls of its Client end with an error,
// and later calls fail at once.
package gorpcecho

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A Transport's fields are its options.
type Transport struct {
	// MaxSize is the largest len(Data), in bytes; 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections serve all workers together. 0 means 1, gorpc's
	// usual way; the most is 1024. All of them belong to one Client, which gives a
	// request to any connection that is ready to write it. With [echo.Each] there is
	// one Client with one connection for each worker; see [Transport.Describe].
	Conns int

	// Compress makes the client ask for DEFLATE at its fastest level in both
	// directions, and makes the server accept that. A server without Compress closes
	// the connections of clients that ask for it. gorpc compresses by default; here
	// compression is off by default, because no other transport compresses, and
	// because it takes over a megabyte of memory for each connection at each end.
	//
	// A single body of a Suite does not compress (see payload.Body). But a Suite
	// sends a few bodies again and again over one DEFLATE stream, which finds those
	// of up to 1 KiB in its window of 32 KiB. Such results do not show what
	// compression does for real data.
	Compress bool

	// FlushDelay is how long either end waits for more data before it flushes, up to
	// one second. 0 is gorpc's default: an end flushes when no request or response is
	// waiting to be written.
	FlushDelay time.Duration

	// TLS encrypts the connections. Each server makes its own certificate, which
	// clients do not verify; see stream.ClientTLS.
	TLS bool

	// Unix uses Unix domain sockets instead of TCP. An address is then the absolute
	// path of a socket. An empty address makes Listen choose a path in a new private
	// folder, which the server's Close removes.
	Unix bool

	// IdleTimeout is how long a server keeps a connection on which no complete
	// request arrives, after the first request. 0 means without limit. Whatever it
	// is, a server closes a connection whose first request has not arrived completely
	// within 10 seconds.
	IdleTimeout time.Duration

	wrap         func(net.Conn) net.Conn // wraps a client's connections, for tests; may be nil
	firstTimeout time.Duration           // replaces stream.FirstTimeout, for tests; 0 means that
}

// StartServer starts the default Transport's server, which is closed when tb ends,
// and returns its address.
func StartServer(tb testing.TB) (addr string) {
	tb.Helper()
	return echo.StartServer(tb, &Transport{})
}

// Dial connects to the server at addr with the default Transport. ctx bounds the
// dial only.
func Dial(ctx context.Context, addr string) (echo.Client, error) {
	return new(Transport).Dial(ctx, addr)
}

// Name returns "gorpc".
func (t *Transport) Name() string { return "gorpc" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	clients := 1
	if t.Conns == echo.Each {
		clients = workers
	}
	return echo.Description{
		Clients:  clients,
		Files:    2*clients*t.connsPerClient() + 1,
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
	return t.newServer(addr, limit)
}

// Dial implements [echo.Transport]. It returns when all connections of the Client
// are established. The Client is safe for concurrent use. The server closes a
// connection whose first request has not arrived within 10 seconds. The Client
// remains usable after a call whose context ended. It does not remain usable after
// the loss of a connection: every call then fails, and the caller must dial again.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	return t.newClient(ctx, addr, limit)
}
