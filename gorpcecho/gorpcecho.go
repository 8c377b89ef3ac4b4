// Package gorpcecho echoes over gorpc (github.com/valyala/gorpc): calls of many
// goroutines multiplexed on few connections.
//
// Framing: a connection begins with one byte from the client, 1 for compression
// and 0 for none. Then each direction is one gob stream (encoding/gob), inside
// one DEFLATE stream if compressed, of gorpc's wireRequest{ID, Request} and
// wireResponse{ID, Response, Error}. Request and Response are the protobuf bytes
// of a Payload, as a []byte. The answer to a request that is not a Payload is a
// string that says so, which the client turns into an error. TLS, by option, is
// below all of this, and what is below that is TCP or, by option, a Unix domain
// socket.
//
// Connections: one Client with Conns connections, safe for concurrent use and
// meant to be shared by all workers. Writes are flushed as soon as no request is
// waiting to be written, so that callers that are many share system calls. A
// batch is calls that are queued together, and a pipeline calls that are not
// waited for: neither is known to the protocol.
//
// Limits: gorpc has none of its own but gob's 1 GiB. Here both ends look at each
// gob message, after decompression, before gob does: one that is longer than
// MaxSize allows or that is not of gorpc's two types with a []byte (or a string)
// in it ends the connection, so that nothing is allocated for it.
//
// Errors: gorpc connects again by itself, without end, while calls wait. Here it
// doesn't: the loss of one connection ends every call of the Client with an
// error, and later ones at once.
//
// Measured on 2 virtual CPUs, Linux 6.18, Go 1.26, in process, 64B; medians of 6
// runs of go test -bench 'Conns|Syscalls|Batch' ./gorpcecho:
//
//	system calls of both ends an op, one connection, par=1, 50, 500   8.1  0.42  0.11
//	the same with a connection each                                   8.3  6.1   6.1
//	ops/s of one connection over those of a connection each, par=500  4.6
//	ops/s of batches of 10 and 100 over those of 1, par=1             2.7  3.6
//
// A FlushDelay pays only with hundreds of callers (100 µs, par=500: 1.1 times the
// ops/s); a single caller waits for it at both ends, and for a timer of Go's, which
// is over a millisecond late on an idle machine. Compression costs more than half
// of the throughput on the loopback, whatever the data.
package gorpcecho

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/check"
	"github.com/echobench/echobench/payload"
	"github.com/valyala/gorpc"
)

// A Transport's fields are its options.
type Transport struct {
	// MaxSize is the largest len(Data); 0 means 4 MiB.
	MaxSize payload.Size

	// Conns is how many connections a Client has: 1 to 1024, and 0 means 1.
	// [echo.Each] means a Client with one connection for each worker, which
	// takes effect through [Transport.Describe].
	Conns int

	// Compress makes the client ask for DEFLATE at its fastest level, in both
	// directions. A server serves whatever its client asks for. gorpc's default is
	// to compress; here it is not, because no other transport does, and it costs
	// some 1.3 MB of memory a connection at each end. The bodies of a Suite do not
	// compress by themselves (see payload.Body), but the few that it has are sent
	// again and again on what is one DEFLATE stream: those of 1 KiB and less are
	// found again in its window of 32 KiB. Don't take that for compression.
	Compress bool

	// FlushDelay is how long what is to be sent waits at either end for more, up to
	// a second. 0 is gorpc's default: until no request, or response, is waiting to be
	// written.
	FlushDelay time.Duration

	// TLS encrypts. Listen makes a certificate that only this server has, and
	// clients do not verify whose it is.
	TLS bool

	// Unix uses Unix domain sockets. An address is then an absolute path, and an
	// empty one to Listen a path in a new private folder, which Close removes.
	Unix bool

	watch func(net.Conn) net.Conn // wraps a client's connections, for tests
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

	maxConns      = 1024
	maxFlushDelay = time.Second
)

// flushDelay is as gorpc takes it.
func (t *Transport) flushDelay() time.Duration { return cmp.Or(t.FlushDelay, gorpc.DefaultFlushDelay) }

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

// Name returns "gorpc".
func (t *Transport) Name() string { return "gorpc" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, conns, _ := t.check()
	clients := 1
	if t.Conns == echo.Each {
		clients = workers
	}
	return echo.Description{
		Clients:  clients,
		Files:    2*clients*conns + 1,
		MaxSize:  limit,
		Settings: t.settings(clients, conns, limit),
	}
}

func (t *Transport) settings(clients, conns int, limit payload.Size) string {
	say := func(option bool, yes, no string) string {
		if option {
			return yes
		}
		return no
	}
	return strings.Join([]string{
		fmt.Sprintf("clients shared by the workers %d, with %d connection(s) each", clients, conns),
		say(t.Unix, "Unix domain sockets", "TCP with NODELAY on"),
		say(t.TLS, "TLS, the server's certificate not verified", "no TLS"),
		say(t.Compress, "DEFLATE at its fastest", "no compression (gorpc's default is to compress)"),
		say(t.FlushDelay > 0, fmt.Sprintf("flush after %v", t.FlushDelay), "flush at once"),
		"no timeout, no reconnecting",
		fmt.Sprintf("%d pending, %d concurrent in the server, %d KiB buffers, max size %v", pending, concurrency, buffer>>10, limit),
	}, ", ")
}

// Listen implements [echo.Transport].
func (t *Transport) Listen(addr string) (echo.Server, error) {
	limit, _, err := t.check()
	if err != nil {
		return nil, err
	}
	return t.listen(addr, limit)
}

// Dial implements [echo.Transport]. It has succeeded when all connections
// are established. The Client is safe for concurrent use by up to 4096 callers;
// with more, gorpc may end some of their calls with an overflow error. A call
// that its context ends leaves the Client as good as before. The loss of a
// connection does not: every call fails from then on; dial anew.
func (t *Transport) Dial(ctx context.Context, addr string) (echo.Client, error) {
	limit, conns, err := t.check()
	if err != nil {
		return nil, err
	}
	return t.dial(ctx, addr, conns, limit)
}

func (t *Transport) check() (limit payload.Size, conns int, err error) {
	if t.Conns < echo.Each || t.Conns > maxConns {
		return 0, 0, fmt.Errorf("gorpcecho: Conns %d: want 1 to %d, 0 for 1, or echo.Each", t.Conns, maxConns)
	}
	if t.FlushDelay < 0 || t.FlushDelay > maxFlushDelay {
		return 0, 0, fmt.Errorf("gorpcecho: FlushDelay %v: want 0 (at once) to %v", t.FlushDelay, maxFlushDelay)
	}
	limit, err = check.MaxSize("gorpcecho", t.MaxSize)
	return limit, max(t.Conns, 1), err
}

// silent is a gorpc.LoggerFunc. gorpc's own logger writes to standard error,
// and whoever needs to know gets an error.
func silent(string, ...any) {}
