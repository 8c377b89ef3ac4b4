// Package tcp echoes over plain TCP, or over TLS or unix sockets by option.
//
// Framing: each message is a 4-byte big-endian length and that many bytes of
// protobuf, written with one write call. There is no handshake, no request id
// and no error reply: a frame that is too long or that is not a Payload closes
// the connection.
//
// Connections: one persistent connection a Client, TCP_NODELAY set, one
// request on it at a time.
//
// With Conns, a connection is multiplexed: between length and Payload stands the
// request's number, 8 bytes, which its reply repeats, so that many requests may
// be on the way and replies come in any order. Both ends write what has gathered
// in one call. Buffers are bounded: a server that does not read makes callers
// wait, and a client that does not read is not read from. A caller notices the end
// of its context up to 20 ms late.
//
// With Grants, the server lets only so many large messages come at a time. A
// client announces one by its length, the top bit set, and sends the message
// when it gets the same 4 bytes back. A grant ends with its reply or connection;
// one that takes longer than a second no longer holds up others.
//
// Limits: MaxSize bounds a message at both ends, before anything is allocated
// for it. Nothing bounds how many clients send at once, unless MaxInFlight, at
// the clients, or Grants, at the server, does. Their waits count as latency:
// a published figure that begins when a semaphore has been passed says how fast
// the network is, and this one how long a caller waits.
//
// # Measured
//
// Medians of 10 on 2 virtual CPUs, Linux 6.18, Go 1.26, both ends in one
// process and both sides of each comparison in turns (go test -run '^$' -bench
// Over -count 10 ./tcp):
//
//   - over a bare ping-pong of the same bytes, at 64B and par=1: 1.04 times its
//     p50; at 64KiB 1.57 times, since the data is copied twice more at each end
//   - multiplexed on one connection over a plain connection each, at 64B and
//     par=500: 8.7 times the echoes; over gorpc's shared connection 5.3 times
//   - receiver-driven (5 grants) over plain, at 64KiB and par=500: p99/p50 1.31
//     against 1.48, and 1.05 times the echoes
package tcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// A Transport's fields are its options. It must not be copied after first use.
type Transport struct {
	// MaxSize is the largest len(Data); 0 means 4 MiB.
	MaxSize payload.Size

	// MaxInFlight is how many requests of this Transport's clients, together, may
	// be on the wire at once; 0 means no limit. The others wait, first come first
	// served, and their wait counts as latency.
	MaxInFlight int

	// Conns is how many multiplexed connections all workers share: many requests
	// at a time on each. 0, or echo.Each, means a plain connection for each
	// worker, with one request at a time. Server and clients must agree on it.
	Conns int

	// Grants is how many large messages (over 4 KiB, encoded) the server lets be
	// sent to it at a time, first come first served, whosever they are; 0 means
	// that all may be sent at any time. Server and clients must agree on whether
	// there are any. They wait, and their wait counts as latency. It is for plain
	// connections: a multiplexed one has its own order.
	Grants int

	// TLS encrypts, with a key and a certificate made by Listen for the one server.
	// Clients do not verify it.
	TLS bool

	// Unix uses unix sockets: an address is an absolute path, an empty one means
	// a new socket in a folder of its own, which Close removes.
	Unix bool

	// ReadBuffer and WriteBuffer are what both ends ask the kernel for, in bytes a
	// socket; it may give more or less. 0 leaves them to the kernel, which then
	// adapts them. A read buffer of less than twice the largest segment, which is
	// 64 KiB over loopback, makes large messages wait for timers.
	ReadBuffer, WriteBuffer int

	// Nagle turns TCP_NODELAY off at both ends.
	Nagle bool

	once     sync.Once
	inFlight chan struct{} // nil if unlimited
	buffers  frameBuffers  // of the clients, with Grants
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

// Name returns "tcp".
func (t *Transport) Name() string { return "tcp" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	clients := workers
	if t.Conns > 0 {
		clients = min(workers, t.Conns)
	}
	return echo.Description{
		Clients:  clients,
		Files:    2*clients + 1,
		MaxSize:  limit,
		Settings: t.settings(limit),
	}
}

func (t *Transport) settings(limit payload.Size) string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	or := func(n int, none string) string {
		if n > 0 {
			return fmt.Sprint(n)
		}
		return none
	}
	if t.Conns > 0 {
		add("%d multiplexed connection(s) for all workers, contexts looked at every %v", t.Conns, cancelEvery)
		add("%d B read buffer", muxReadBuffer)
	} else {
		add("one connection a worker")
		add("%d B read buffer", readBuffer)
	}
	switch {
	case t.Unix:
		add("unix sockets")
	case t.Nagle:
		add("NODELAY off")
	default:
		add("NODELAY on")
	}
	if t.TLS {
		add("TLS, certificate not verified")
	}
	add("no compression, no timeout")
	if t.ReadBuffer > 0 || t.WriteBuffer > 0 {
		add("socket buffers asked for: read %s, write %s", or(t.ReadBuffer, "kernel's"), or(t.WriteBuffer, "kernel's"))
	} else {
		add("kernel's socket buffers")
	}
	add("max in flight %s", or(t.MaxInFlight, "unlimited"))
	if t.Grants > 0 {
		add("%d grants for messages over %d B", t.Grants, unscheduled)
	}
	add("max size %v", limit)
	return strings.Join(all, ", ")
}

// Listen implements [echo.Transport].
func (t *Transport) Listen(addr string) (echo.Server, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	secure, err := t.serverTLS()
	if err != nil {
		return nil, err
	}
	l, err := t.listen(addr)
	if err != nil {
		return nil, err
	}
	return t.serve(l, secure, limit), nil
}

// Dial implements [echo.Transport]. The Client is safe for concurrent use.
//
// A plain one sends one request at a time. After an error other than ErrTooLarge
// its connection is closed, and every later Echo says so; dial anew.
//
// A multiplexed one has many requests in flight, and implements
// [echo.Pipeliner] unless MaxInFlight bounds them. A call that its context
// ends leaves the others and the connection intact. The loss of the connection
// ends every call with the cause.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	conn, wire, err := t.dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	t.once.Do(func() {
		if t.MaxInFlight > 0 {
			t.inFlight = make(chan struct{}, t.MaxInFlight)
		}
	})
	c := t.client(conn, wire, limit)
	if t.inFlight == nil {
		return c, nil
	}
	return &limited{Client: c, inFlight: t.inFlight, closed: make(chan struct{})}, nil
}

func (t *Transport) client(conn net.Conn, wire io.ReadWriter, limit payload.Size) echo.Client {
	if t.Conns > 0 {
		return newMux(conn, wire, limit)
	}
	codec := newCodec(wire, limit)
	if t.Grants > 0 {
		codec.buffers = &t.buffers
		return stream.NewClient("tcp", conn, announcing{codec}, limit)
	}
	return stream.NewClient("tcp", conn, codec, limit)
}

func (t *Transport) check() (limit payload.Size, err error) {
	for _, option := range []struct {
		name string
		n    int
	}{
		{"MaxInFlight", t.MaxInFlight}, {"Grants", t.Grants},
		{"ReadBuffer", t.ReadBuffer}, {"WriteBuffer", t.WriteBuffer},
	} {
		if err := check.NotNegative("tcp", option.name, option.n); err != nil {
			return 0, err
		}
	}
	switch {
	case t.Conns < echo.Each:
		return 0, fmt.Errorf("tcp: Conns %d: want 1 or more multiplexed connections, or 0 for a plain one a worker", t.Conns)
	case t.Conns > 0 && t.Grants > 0:
		return 0, fmt.Errorf("tcp: Grants %d with Conns %d: want one of them", t.Grants, t.Conns)
	case t.Unix && t.Nagle:
		return 0, errors.New("tcp: Nagle with Unix: unix sockets have no NODELAY to turn off")
	}
	return check.MaxSize("tcp", t.MaxSize)
}
