// Package zmqecho echoes over ZeroMQ (libzmq 4.3 or newer, through
// github.com/pebbe/zmq4): REQ or, by option, shared DEALER sockets against a REP
// socket or, by option, against a ROUTER whose requests a proxy deals out to REP
// workers.
//
// Framing: one protobuf Payload is one message part, framed by ZMTP 3.1
// (rfc.zeromq.org/spec/37) with the empty delimiter of request-reply
// (rfc.zeromq.org/spec/28) before it. A request that is not a Payload, that has
// more than one part, or whose data exceeds the server's limit though its
// message does not, is answered with an empty part, which the client turns into
// an error. A real answer is never empty: it carries a timestamp.
//
// Connections: by default one REQ socket and one connection a Client, one request
// on it at a time. The Clients of one Transport share a ZeroMQ context with one
// I/O thread; the server has a context of its own, so that neither end's thread
// works for the other. A REQ socket that has sent can only wait for the answer,
// so a call that ends without one closes it, and the next Echo connects again.
// libzmq's own reconnecting is off: it would hide from the Client that its
// request is lost. A call that waits keeps an operating-system thread: 500
// waiting Clients are 500 threads. With Poll it does not, since Go's poller waits
// for the sockets' ZMQ_FD, as it does for its own sockets.
//
// With Conns, a Client is a DEALER with up to 512 requests in flight, more
// waiting their turn, for any number of callers. Each request has a number in an
// envelope of its own, before the delimiter: a REP, or a ROUTER on the way to one,
// takes off no more than the delimiter and what is before it, and puts that before
// the answer again (rfc.zeromq.org/spec/28), so that answers are matched in
// whatever order workers give them. One goroutine has the socket; the loss of its
// connection ends every call with an error, and later ones at once.
//
// Limits: MaxSize, as ZMQ_MAXMSGSIZE, bounds a message part at both ends, before
// anything is allocated for it. Whoever receives a longer one closes the
// connection: the other end can't know why. A server reads 64 requests of a
// connection ahead, and drops answers beyond 1024 that a client does not read,
// which is more than a Client of this package waits for.
//
// Hostile peers: the server refuses ZMTP 1.0 and 2.0, since 1.0 takes almost any
// bytes for messages. libzmq (4.3.4) has two weaknesses left. It keeps a message of
// endlessly many parts until the last has come. And a REP that reads a message
// without the delimiter from a peer that has hung up loses its next answer,
// whosever it is (router_t::rollback resets nothing then); behind the proxy it does
// not. Therefore a Client that has waited for 2 s, and then for 4 s, and so on,
// sends its request again, a REQ after connecting again. The wait counts as
// latency.
//
// Measured on 2 virtual CPUs, Linux 6.18, Go 1.26, in process; medians of 10 runs
// of go test -bench 'OverC|PolledOver' ./zmqecho:
//
//	REQ-REP, 64B, par=1, p50 over that of libzmq's ping-pong in C   1.04
//	the same with Poll                                              1.00
//	ops/s of 500 polled REQs over those of 500 blocking ones, 64B   2.4
//	the same, 64KiB                                                 2.3
//
// On a machine that other work kept busy, whose idle CPUs wake sooner, the first
// was 1.20: then what it takes that goroutines block in libzmq shows. Workers only
// cost, since an echo is no work: of one process on one CPU, REP has 1.15 (inproc)
// and 1.7 times (ipc) the ops/s of 16 workers at par=50 (BenchmarkOneCPU).
//
// Without cgo or with the build tag nozmq, Listen and Dial fail with an error
// that matches [errors.ErrUnsupported], and Describe says why.
package zmqecho

import (
	"context"
	"errors"
	"fmt"
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

	// Workers is how many REP sockets, each with a thread, answer behind a
	// ROUTER-DEALER proxy: 0 (one REP socket and no proxy) to 1024.
	Workers int

	// WorkersIPC connects the workers to the proxy over ipc, which is a Unix domain
	// socket in a private temporary folder that Close removes, instead of inproc,
	// which is memory.
	WorkersIPC bool

	// Conns is how many DEALER sockets, each with one connection, the callers share,
	// up to 1024. 0 and [echo.Each] mean a REQ socket for each caller. How many
	// takes effect through [Transport.Describe]: a Client is always one socket.
	Conns int

	// Poll makes Go's poller wait for REQ sockets, not a blocked thread for each. It
	// is always so for DEALERs. Windows has neither.
	Poll bool

	// Curve encrypts with CURVE (rfc.zeromq.org/spec/26). A server's address is
	// then host:port/KEY, with the server's public key in hexadecimal. The key pair
	// is made at run time, one for all servers of a Transport; a Client that dials
	// an address without a key expects that one. The server does not care who its
	// clients are.
	Curve bool

	clients sharedContext
	curve   curveKeys
}

const (
	maxConns   = 1024
	maxWorkers = 1024
)

// backend is how the workers are connected to the proxy.
func (t *Transport) backend() string {
	if t.WorkersIPC {
		return "ipc"
	}
	return "inproc"
}

// StartServer starts the default Transport's server for the time of a test or
// benchmark and returns its address.
func StartServer(tb testing.TB) (addr string) {
	tb.Helper()
	return echo.StartServer(tb, &Transport{})
}

// Dial connects to a server with the default Transport. Such a Client has a
// ZeroMQ context, and so an I/O thread, to itself; the Clients of one Transport
// share theirs.
func Dial(ctx context.Context, addr string) (echo.Client, error) {
	return new(Transport).Dial(ctx, addr)
}

// Name returns "zmq".
func (t *Transport) Name() string { return "zmq" }

// Describe implements [echo.Describer].
func (t *Transport) Describe(workers int) echo.Description {
	limit, _ := t.check()
	clients := workers
	if t.Conns > 0 {
		clients = min(t.Conns, workers)
	}
	return echo.Description{
		Clients:     clients,
		Files:       t.files(clients),
		MaxSize:     limit,
		Settings:    t.settings(clients, limit),
		Unavailable: t.unavailable(),
	}
}

// Listen implements [echo.Transport]. Its error matches
// [errors.ErrUnsupported] in a build without ZeroMQ, and syscall.EADDRINUSE if
// the address is in use.
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

// Dial implements [echo.Transport]. It has succeeded when the ZMTP
// handshake has, and fails at once if nobody listens. Its error matches
// [errors.ErrUnsupported] in a build without ZeroMQ.
//
// The Client is safe for concurrent use, but a REQ sends one request at a time.
// That stays usable after every error but that of Close, and a call that waits
// notices that its context was cancelled, that the Client was closed or that the
// connection is lost within 50 ms, and a deadline within 1 ms. A DEALER notices at
// once, and is an [echo.Pipeliner]; when its connection is lost, dial anew.
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

func (t *Transport) check() (limit payload.Size, err error) {
	if t.Workers < 0 || t.Workers > maxWorkers {
		return 0, fmt.Errorf("zmqecho: Workers %d: want 0 (no proxy) to %d", t.Workers, maxWorkers)
	}
	if t.WorkersIPC && t.Workers == 0 {
		return 0, errors.New("zmqecho: WorkersIPC without Workers: want 1 or more of them")
	}
	if t.Conns < echo.Each || t.Conns > maxConns {
		return 0, fmt.Errorf("zmqecho: Conns %d: want 1 to %d, or 0 or echo.Each for one for each worker", t.Conns, maxConns)
	}
	if t.Conns > 0 && t.Poll {
		return 0, fmt.Errorf("zmqecho: Poll with Conns %d: DEALERs are always polled", t.Conns)
	}
	return check.MaxSize("zmqecho", t.MaxSize)
}
