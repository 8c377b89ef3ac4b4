package echobench

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/echobench/echobench/payload"
)

// A Transport carries echoes between clients and one server. Its fields are
// options, its zero value works, and it holds no connection. Its methods may be
// called by several goroutines at once.
type Transport interface {
	// Name is the value of the proto= key in a benchmark's name: [a-z0-9]+.
	Name() string

	// Listen starts an echo server; it accepts connections when Listen returns.
	// addr is host:port. An empty host means the IPv4 loopback address, an empty
	// addr "127.0.0.1:0", and port 0 a free port, which Server.Addr tells.
	Listen(addr string) (Server, error)

	// Dial connects to the server at addr. ctx bounds the dial only. A Dial that
	// succeeded has reached a server.
	Dial(ctx context.Context, addr string) (Client, error)
}

// A Server answers every request with the same id and data, and its own
// timestamp (payload.Stamp). A request that it can't decode or that exceeds its
// limit harms nobody but the client that sent it.
type Server interface {
	// Addr is what Dial takes.
	Addr() string

	// Close stops the server, calls in flight included, and waits for its
	// goroutines. A second Close does nothing and returns nil.
	Close() error
}

// A Client sends echoes to one server.
type Client interface {
	// Echo sends req and fills reply, whose storage it may reuse. It neither
	// modifies nor retains req. It may be called by several goroutines at once
	// only where the transport's Description says that clients are shared.
	//
	// The error matches ErrTooLarge if len(req.Data) exceeds the transport's
	// limit; then nothing was sent and the client is as good as before. It
	// matches ctx's error if ctx ended first, and net.ErrClosed after Close.
	// After any other error, and after ctx's, the client may be broken: later
	// calls either work or fail, but they never hang and never answer wrongly.
	Echo(ctx context.Context, req, reply *payload.Payload) error

	// Close ends calls in flight with an error, releases the connection and waits
	// for the client's goroutines. A second Close does nothing and returns nil.
	Close() error
}

// ErrTooLarge is matched by the error of an Echo whose data exceeds a limit of
// the client or of the server.
var ErrTooLarge = errors.New("message too large")

// A Describer is a Transport that says what the harness should know of it
// before anything starts. A Transport without it gets one Client a worker, is
// assumed to open one connection a Client and to carry every size.
type Describer interface {
	Transport

	// Describe tells how the transport serves a number of concurrent workers.
	Describe(workers int) Description
}

// A Description is what a Describer tells; a zero field means "as for a
// Transport without one".
type Description struct {
	// Clients is how many Clients serve the workers. If it is less than the
	// workers, they share: each Client is safe for concurrent use.
	Clients int

	// Files is how many descriptors both ends open together.
	Files int

	// MaxSize is the largest len(Data) that the transport carries.
	MaxSize payload.Size

	// Settings is printed with the results, on one line: the connection model,
	// compression, timeouts, NODELAY, buffers, limits.
	Settings string

	// Unavailable says why the transport can't be used in this build, if it can't;
	// its cells are reported as skipped.
	Unavailable error
}

// describe is tr's Description with every number filled in.
func describe(tr Transport, workers int) Description {
	var d Description
	if tr, ok := tr.(Describer); ok {
		d = tr.Describe(workers)
	}
	if d.Clients <= 0 || d.Clients > workers {
		d.Clients = workers
	}
	if d.Files <= 0 {
		d.Files = 2 * d.Clients
	}
	return d
}

// StartServer starts tr's echo server on a free loopback port, stops it when tb
// ends, and returns its address. A Close that fails or hangs fails tb.
func StartServer(tb testing.TB, tr Transport) (addr string) {
	tb.Helper()
	srv, err := tr.Listen("")
	if err != nil {
		tb.Fatalf("echobench: %s: listen: %v", tr.Name(), err)
	}
	tb.Cleanup(func() {
		if err := within(closeTimeout, srv.Close); err != nil {
			tb.Errorf("echobench: %s: server's Close: %v", tr.Name(), err)
		}
	})
	return srv.Addr()
}

// closeTimeout is how long a Close may take before it counts as a hang.
const closeTimeout = 10 * time.Second

// within calls f and returns its error, or one that says that f did not return
// in time. f's goroutine is then left behind: there is no way to end it.
func within(d time.Duration, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("no return within %v", d)
	}
}
