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
// []byte. The server answers a request that it rejects with a string that says
// why, which the client turns into an error.
//
// # Connections
//
// By default one Client with one connection serves all workers. The
// connections use TCP or Unix domain sockets, and TLS over either. gorpc flushes
// its writes when no request is waiting to be written, so that many concurrent
// callers share system calls. A batch is several calls that are queued together,
// and a pipeline is a sequence of calls whose replies are awaited later. Neither
// exists on the wire, where they look like concurrent calls.
//
// # Errors
//
// By itself gorpc reconnects again and again, and calls wait meanwhile. Here all
// calls of a Client end with an error when one of its connections is lost, and later
// calls fail at once.
//
// gorpc queues the requests that are not written yet: 16384, or 4096 in a Client for
// one worker. One more ends the oldest of them with a [gorpc.ClientError] whose
// Overflow is true. errors.As finds it in the error of Echo.
//
// # What gorpc does not limit
//
//   - The length of a message: gob's limit is 8 GiB, and MaxSize is checked when a
//     message has been decoded. gob allocates up to 10 MiB as soon as it knows a
//     length, and the rest as the message arrives. A compressed message may become a
//     thousand times as long when it is decompressed.
//   - The replies that a client does not read: 4096 of them wait in a queue, and
//     each further reply blocks its handler. When all of the server's 8192 handlers
//     wait, no client is served until that client reads or disconnects.
//   - Time: a server closes a connection whose first byte has not arrived within 10
//     seconds, but then waits for requests as long as the connection lives.
//   - Cancelled calls: a Client keeps the request of a cancelled call until the server
//     answers it, or until its turn comes to be written.
package gorpcecho

import (
	"context"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

// A Transport echoes over gorpc. Its fields are options, and its zero value is ready to
// use.
type Transport struct {
	// MaxSize is the largest len(Data), in bytes; 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections serve all workers together. 0 means 1, gorpc's
	// usual way; the maximum is 1024. All of them belong to one Client, which gives a
	// request to any connection that is ready to write it. With [echo.Each] there is
	// one Client with one connection for each worker; see [Transport.Describe].
	Conns int

	// Compress makes the client ask for DEFLATE at its fastest level in both
	// directions. A server answers each client as that client asks, with or without
	// Compress. gorpc compresses by default; here compression is off by default,
	// because no other transport compresses, and because it takes over a megabyte of
	// memory for each connection at each end.
	//
	// The data that a Suite sends does not compress, so its results show what compression
	// costs, and not what it does for other data.
	Compress bool

	// FlushDelay is how long either end waits for more data before it flushes, up to
	// one second. 0 is gorpc's default: an end flushes when no request or reply is
	// waiting to be written.
	FlushDelay time.Duration

	// TLS encrypts the connections. Listen creates a key and a certificate for the
	// one server; clients do not verify the certificate.
	TLS bool

	// Unix uses Unix domain sockets instead of TCP. An address is then the absolute
	// path of a socket. An empty address makes Listen choose a path in a new private
	// folder, which the server's Close removes.
	Unix bool
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
		Clients:    clients,
		Files:      2*clients*t.connsPerClient() + 1,
		MaxSize:    limit,
		Network:    t.network(),
		Settings:   t.settings(limit),
		Exceptions: t.exceptions(limit),
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
// are established. The Client is safe for concurrent use. It remains usable after a
// call whose context ended. It does not remain usable after the loss of a
// connection: every call then fails, and the caller must dial again.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	return t.newClient(ctx, addr, limit)
}
