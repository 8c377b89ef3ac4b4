// Package gorpcecho echoes over gorpc (github.com/valyala/gorpc): calls of many
// goroutines multiplexed on few connections.
//
// Framing: a connection begins with one byte from the client, 1 for compression
// and 0 for none. Then each direction is one gob stream (encoding/gob), inside
// one DEFLATE stream if compressed, of gorpc's wireRequest{ID, Request} and
// wireResponse{ID, Response, Error}. Request and Response are the protobuf bytes
// of a Payload, as a []byte. The answer to a request that is not a Payload is a
// string that says so, which the client turns into an error.
//
// Connections: one Client with Conns connections, safe for concurrent use and
// meant to be shared by all workers. Writes are flushed as soon as no request is
// waiting to be written, so that callers that are many share system calls.
//
// Limits: gorpc has none of its own but gob's 1 GiB. Here both ends look at each
// gob message, after decompression, before gob does: one that is longer than
// MaxSize allows or that is not of gorpc's two types with a []byte (or a string)
// in it ends the connection, so that nothing is allocated for it.
//
// Errors: gorpc connects again by itself, without end, while calls wait. Here it
// doesn't: the loss of one connection ends every call of the Client with an
// error, and later ones at once.
package gorpcecho

import (
	"context"
	"fmt"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/valyala/gorpc"
)

// A Transport's fields are its options.
type Transport struct {
	// MaxSize is the largest len(Data); 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections a Client has: 1 to 1024, and 0 means 1.
	Conns int

	// Compress makes the client ask for DEFLATE at its fastest level, in both
	// directions. A server serves whatever its client asks for. gorpc's default is
	// to compress; here it is not, because no other transport does, the bodies do
	// not compress (see payload.Body), and so it would add its cost and some 1.3 MB
	// of memory a connection at each end, for nothing.
	Compress bool
}

const (
	// pending is how many requests may wait to be written, and responses likewise
	// at each of the server's connections. More callers than that at once may get
	// an overflow error. gorpc's default is 32768, which takes 256 KiB of memory at
	// each end of a connection whether used or not; this takes 32 KiB.
	pending = 4096

	// buffer is gorpc's default, of each direction at each end of a connection: it
	// holds 500 small requests, which are then one write.
	buffer = gorpc.DefaultBufferSize

	// concurrency is gorpc's default: how many requests a server works on at once,
	// a goroutine each.
	concurrency = gorpc.DefaultConcurrency

	// flushAtOnce is gorpc's default flush delay: none.
	flushAtOnce = gorpc.DefaultFlushDelay

	maxConns = 1024
)

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

// Name returns "gorpc".
func (t *Transport) Name() string { return "gorpc" }

// Describe implements [echobench.Describer]: all workers share one Client.
func (t *Transport) Describe(workers int) echobench.Description {
	limit, conns, _ := t.check()
	compression := "off (gorpc's default is on)"
	if t.Compress {
		compression = "DEFLATE at its fastest"
	}
	return echobench.Description{
		Clients: 1,
		Files:   2*conns + 1,
		MaxSize: limit,
		Settings: fmt.Sprintf("one client for all workers with %d connection(s), NODELAY on, compression %s, flush at once, no timeout, no reconnecting, "+
			"%d pending, %d concurrent in the server, %d KiB buffers, max size %v",
			conns, compression, pending, concurrency, buffer>>10, limit),
	}
}

// Listen implements [echobench.Transport].
func (t *Transport) Listen(addr string) (echobench.Server, error) {
	limit, _, err := t.check()
	if err != nil {
		return nil, err
	}
	if addr, err = check.ListenAddr("gorpcecho", addr); err != nil {
		return nil, err
	}
	return listen(addr, limit)
}

// Dial implements [echobench.Transport]. It has succeeded when all connections
// are established. The Client is safe for concurrent use by up to 4096 callers;
// with more, gorpc may end some of their calls with an overflow error. A call
// that its context ends leaves the Client as good as before. The loss of a
// connection does not: every call fails from then on; dial anew.
func (t *Transport) Dial(ctx context.Context, addr string) (echobench.Client, error) {
	limit, conns, err := t.check()
	if err != nil {
		return nil, err
	}
	return dial(ctx, addr, conns, t.Compress, limit)
}

func (t *Transport) check() (limit payload.Size, conns int, err error) {
	if t.Conns < 0 || t.Conns > maxConns {
		return 0, 0, fmt.Errorf("gorpcecho: Conns %d: want 1 to %d, or 0 for 1", t.Conns, maxConns)
	}
	limit, err = check.MaxSize("gorpcecho", t.MaxSize)
	return limit, max(t.Conns, 1), err
}

// silent is a gorpc.LoggerFunc. gorpc's own logger writes to standard error,
// and whoever needs to know gets an error.
func silent(string, ...any) {}
