// Package rest echoes over HTTP/1.1 with net/http, the way a REST service would.
//
// Framing: a request is POST /echo with a Payload as binary protobuf in its
// body (RFC 9112; Content-Type application/x-protobuf), and so is the answer,
// with status 200. Both bodies carry a Content-Length, none is chunked or
// compressed. The server refuses with a status and a line of text:
//
//	400  the body is not a Payload
//	404  another path than /echo
//	405  another method than POST (with an Allow header)
//	413  the body or its data exceeds MaxSize
//	415  another Content-Type or any Content-Encoding
//
// Connections: one http.Client for all workers keeps its connections alive and
// opens another only when all are busy, so that there are about as many as
// workers and none is ever dialled again. No proxy is used, whatever the environment says, and no redirect is
// followed.
//
// Limits: MaxSize bounds a message at both ends: Content-Length is checked
// before anything is read or allocated, and bodies without one are cut off.
// Headers are bounded by 8 KiB and, at the server, 10 s.
package rest

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
)

const (
	path        = "/echo"
	contentType = "application/x-protobuf"

	maxHeader     = 8 << 10          // bytes of headers, either way; net/http adds some slack
	headerTimeout = 10 * time.Second // how long a client may take to send its headers

	defaultMaxConns = 1024
)

// A Transport's fields are its options.
type Transport struct {
	// MaxSize is the largest len(Data); 0 means 4 MiB.
	MaxSize payload.Size

	// MaxConns is how many connections a Client opens at most and keeps open
	// when they are idle; 0 means 1024. When all are busy, calls wait for one,
	// and their wait counts as latency. (net/http's own default keeps 2, so that
	// most calls of many workers would dial.)
	MaxConns int
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

// Name returns "rest".
func (t *Transport) Name() string { return "rest" }

// Describe implements [echobench.Describer].
func (t *Transport) Describe(workers int) echobench.Description {
	limit, maxConns, _ := t.check()
	// net/http dials when no connection is idle and uses whichever is ready first,
	// so that a few more are opened than there are workers.
	conns := min(workers+workers/4, maxConns)
	return echobench.Description{
		Clients: 1,
		Files:   2*conns + 1,
		MaxSize: limit,
		Settings: fmt.Sprintf("HTTP/1.1, one http.Client for all workers, a kept-alive connection a worker up to %d, NODELAY on, no compression, no proxy, no request timeout, %v to send at most %v of headers, kernel's socket buffers, 4 KiB read and write buffers, max size %v",
			maxConns, headerTimeout, payload.Size(maxHeader), limit),
	}
}

// Listen implements [echobench.Transport].
func (t *Transport) Listen(addr string) (echobench.Server, error) {
	limit, _, err := t.check()
	if err != nil {
		return nil, err
	}
	if addr, err = check.ListenAddr("rest", addr); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	return newServer(l, limit), nil
}

// Dial implements [echobench.Transport]. It sends an empty echo, so that the
// Client starts with one connection to a server that answers. The Client is
// safe for concurrent use and stays usable after any error: net/http drops the
// connection that failed and dials another.
func (t *Transport) Dial(ctx context.Context, addr string) (echobench.Client, error) {
	limit, maxConns, err := t.check()
	if err != nil {
		return nil, err
	}
	c, err := newClient(addr, limit, maxConns)
	if err != nil {
		return nil, err
	}
	if err := c.Echo(ctx, &payload.Payload{}, &payload.Payload{}); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (t *Transport) check() (limit payload.Size, maxConns int, err error) {
	if err := check.NotNegative("rest", "MaxConns", t.MaxConns); err != nil {
		return 0, 0, err
	}
	maxConns = t.MaxConns
	if maxConns == 0 {
		maxConns = defaultMaxConns
	}
	limit, err = check.MaxSize("rest", t.MaxSize)
	return limit, maxConns, err
}
