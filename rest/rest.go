// Package rest echoes over HTTP with net/http, the way a REST service would.
//
// Framing: a request is POST /echo with a Payload as binary protobuf in its
// body (Content-Type application/x-protobuf), and so is the answer, with status
// 200; neither is compressed. It is HTTP/1.1 (RFC 9112), or HTTP/2 (RFC 9113)
// with HTTP2: over TLS, or without it with prior knowledge (h2c). Both bodies
// carry a Content-Length unless Stream is set. The server refuses with a status
// and a line of text:
//
//	400  the body is not a Payload
//	404  another path than /echo
//	405  another method than POST (with an Allow header)
//	413  the body or its data exceeds MaxSize
//	415  another Content-Type or any Content-Encoding
//
// Connections: over HTTP/1.1 one http.Client for all workers keeps its
// connections alive and opens another only when all are busy, so that there are
// about as many as workers and none is ever dialled again. Over HTTP/2 an
// http.Client has one connection, which all its callers share, and Conns says
// how many Clients serve the workers; one dials again when it has lost its
// connection, and dials a second one if more than 1024 calls are under way at
// once. No proxy is used, whatever the environment says, and no redirect is
// followed.
//
// Limits: MaxSize bounds a message at both ends: Content-Length is checked
// before anything is read or allocated, and bodies without one are cut off.
// Headers are bounded by 8 KiB and, at the server, 10 s, TLS's handshake by as
// much. HTTP/2's windows are net/http's: the server grants 1 MiB for a
// connection and 1 MiB for a stream, the client 1 GiB and 4 MiB.
//
// Measured with -bench NAME, medians of 6, on 2 virtual CPUs, Linux 6.18,
// Go 1.26, both ends in one process:
//
//	HTTP   64B, 1 worker: 22 µs over HTTP/1.1, 25 µs with TLS, 43 µs over h2c, 44 µs over HTTP/2
//	       64B, 100 workers: 58k ops/s over HTTP/1.1, 39k over h2c, 36k over HTTP/2
//	Conns  64B, 500 workers: over HTTP/1.1 33k ops/s on 1 connection, 38k on 8, 45k on one
//	       each; over h2c 38k, 40k and 26k
//	Body   64KiB, 50 workers: over HTTP/1.1 17k ops/s buffered and 22k streamed, with 113 and
//	       7 KiB allocated a call by both ends; over h2c 9k either way
package rest

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

const (
	path        = "/echo"
	contentType = "application/x-protobuf"

	maxHeader     = 8 << 10          // bytes of headers, either way; net/http adds some slack
	headerTimeout = 10 * time.Second // how long a client may take to send its headers

	defaultConns = 1024 // of HTTP/1.1
	maxStreams   = 1024 // of HTTP/2, a connection; net/http's default is 250
)

// A Transport's fields are its options.
type Transport struct {
	// MaxSize is the largest len(Data); 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections serve the workers.
	//
	// Over HTTP/1.1 it is how many a Client opens at most and keeps open when they
	// are idle; 0 means 1024, and [echo.Each] as many as there are calls at
	// once. When all are busy, calls wait for one, and their wait counts as
	// latency. (net/http's own default keeps 2, so that most calls of many workers
	// would dial.)
	//
	// Over HTTP/2 a Client has one, which is shared; 0 means 1, and echo.Each
	// one for each worker. There it takes effect through [Transport.Describe].
	Conns int

	// HTTP2 selects HTTP/2, by net/http alone and without an upgrade from HTTP/1.1.
	HTTP2 bool

	// TLS encrypts. Listen makes a certificate that only this server has, and
	// clients do not verify whose it is.
	TLS bool

	// Stream sends and receives bodies piece by piece: neither end ever holds an
	// encoded message as a whole, and neither says in advance how long it is, so
	// that over HTTP/1.1 it is chunked. (net/http gives an answer of up to 2 KiB a
	// Content-Length all the same.) [payload.Append] and [payload.Unmarshal] take
	// whole messages only, so this package does it here. Either kind of client works
	// with either kind of server.
	Stream bool
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

// Name returns "rest".
func (t *Transport) Name() string { return "rest" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	d := echo.Description{Clients: 1, MaxSize: limit}
	var conns int
	if t.HTTP2 {
		d.Clients = max(t.Conns, 1)
		if t.Conns == echo.Each || d.Clients > workers {
			d.Clients = workers
		}
		conns = d.Clients
	} else {
		// net/http dials when no connection is idle and uses whichever is ready first,
		// so that a few more are opened than there are workers.
		conns = min(workers+workers/4, t.maxConns())
	}
	d.Files = 2*conns + 1
	d.Settings = t.settings(d.Clients, limit)
	return d
}

// maxConns is how many connections of HTTP/1.1 a Client may open.
func (t *Transport) maxConns() int {
	switch t.Conns {
	case 0:
		return defaultConns
	case echo.Each:
		return math.MaxInt
	}
	return t.Conns
}

func (t *Transport) settings(clients int, limit payload.Size) string {
	var s []string
	say := func(format string, args ...any) { s = append(s, fmt.Sprintf(format, args...)) }
	switch {
	case t.HTTP2:
		say("HTTP/2, http.Clients shared by the workers %d, one connection each, at most %d streams a connection", clients, maxStreams)
		say("windows of 1MiB a connection and 1MiB a stream at the server, 1GiB and 4MiB at the client, frames of at most 1MiB")
	case t.Conns == echo.Each:
		say("HTTP/1.1, one http.Client for all workers, a kept-alive connection a worker")
	default:
		say("HTTP/1.1, one http.Client for all workers, a kept-alive connection a worker up to %d", t.maxConns())
	}
	if t.TLS {
		say("TLS, the server's certificate not verified")
	} else {
		say("no TLS")
	}
	if t.Stream {
		say("bodies streamed")
	} else {
		say("bodies buffered, with Content-Length")
	}
	say("NODELAY on, no compression, no proxy, no request timeout, %v to send at most %v of headers", headerTimeout, payload.Size(maxHeader))
	say("kernel's socket buffers, 4 KiB read and write buffers, max size %v", limit)
	return strings.Join(s, ", ")
}

// protocols is the one that clients and servers speak.
func (t *Transport) protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(!t.HTTP2)
	p.SetHTTP2(t.HTTP2 && t.TLS)
	p.SetUnencryptedHTTP2(t.HTTP2 && !t.TLS)
	return p
}

// Listen implements [echo.Transport].
func (t *Transport) Listen(addr string) (echo.Server, error) {
	if _, err := t.check(); err != nil {
		return nil, err
	}
	l, err := stream.Listen("rest", addr)
	if err != nil {
		return nil, err
	}
	srv, err := t.newServer(l)
	if err != nil {
		l.Close()
		return nil, err
	}
	return srv, nil
}

// Dial implements [echo.Transport]. It sends empty echoes, so that the
// Client starts with one connection to a server that answers. The Client is
// safe for concurrent use and stays usable after any error: net/http drops the
// connection that failed and dials another.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	c, err := t.newClient(addr)
	if err != nil {
		return nil, err
	}
	// net/http gives an HTTP/2 connection to the call that dialled it, and only then
	// lets others know of it: workers that all begin in between would dial one each,
	// to no use. Once a call has not dialled, the connection is known.
	for before := -1; before != c.conns.dials(); {
		before = c.conns.dials()
		if err := c.Echo(ctx, &payload.Payload{}, &payload.Payload{}); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

func (t *Transport) check() (limit payload.Size, err error) {
	if t.Conns < echo.Each {
		return 0, fmt.Errorf("rest: Conns %d: want 0 or more, or echo.Each", t.Conns)
	}
	return check.MaxSize("rest", t.MaxSize)
}
