// Package tcp echoes over plain TCP.
//
// Framing: each message is a 4-byte big-endian length and that many bytes of
// protobuf, written with one write call. There is no handshake, no request id
// and no error reply: a frame that is too long or that is not a Payload closes
// the connection.
//
// Connections: one persistent connection a Client, TCP_NODELAY set, one
// request on it at a time.
//
// Limits: MaxSize bounds a message at both ends, before anything is allocated
// for it. Nothing bounds how many clients send at once, unless MaxInFlight does.
package tcp

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/echobench/echobench"
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

	once     sync.Once
	inFlight chan struct{} // nil if unlimited
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

// Name returns "tcp".
func (t *Transport) Name() string { return "tcp" }

// Describe implements [echobench.Describer].
func (t *Transport) Describe(workers int) echobench.Description {
	limit, _ := t.check()
	inFlight := "unlimited"
	if t.MaxInFlight > 0 {
		inFlight = fmt.Sprint(t.MaxInFlight)
	}
	return echobench.Description{
		Clients: workers,
		Files:   2*workers + 1,
		MaxSize: limit,
		Settings: fmt.Sprintf("one connection a worker, NODELAY on, no compression, no timeout, kernel's socket buffers, %d B read buffer, max in flight %s, max size %v",
			readBuffer, inFlight, limit),
	}
}

// Listen implements [echobench.Transport].
func (t *Transport) Listen(addr string) (echobench.Server, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	l, err := stream.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return stream.Serve(l, func(conn net.Conn) { stream.Answer(newCodec(conn, limit)) }), nil
}

// Dial implements [echobench.Transport]. The Client is safe for concurrent use,
// but sends one request at a time. After an error other than ErrTooLarge its
// connection is closed, and every later Echo says so; dial anew.
func (t *Transport) Dial(ctx context.Context, addr string) (echobench.Client, error) {
	limit, err := t.check()
	if err != nil {
		return nil, err
	}
	conn, err := stream.Dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	t.once.Do(func() {
		if t.MaxInFlight > 0 {
			t.inFlight = make(chan struct{}, t.MaxInFlight)
		}
	})
	c := stream.NewClient("tcp", conn, newCodec(conn, limit), limit)
	if t.inFlight == nil {
		return c, nil
	}
	return &limited{Client: c, inFlight: t.inFlight, closed: make(chan struct{})}, nil
}

func (t *Transport) check() (limit payload.Size, err error) {
	if err := check.NotNegative("tcp", "MaxInFlight", t.MaxInFlight); err != nil {
		return 0, err
	}
	return check.MaxSize("tcp", t.MaxSize)
}
