package sample

import (
	"context"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/measure/usage"
	"github.com/echobench/echobench/internal/run/child"
)

// A server is one sample's server, in this process or in another one. The transport does
// not know in which one it runs.
type server interface {
	Addr() string
	Close() error // does not hang
}

// A process is a server in a process of its own. Its use can be told apart from
// the client's, and it can end by itself.
type process interface {
	server

	// Begin and End take snapshots of the process's use around a run. If profiled, End
	// also returns a CPU profile of what is between them.
	Begin(counters []string, profiled bool) (usage.Snapshot, error)
	End() (_ usage.Snapshot, cpu []byte, err error)

	// Heap returns the heap profile of the process after garbage collection.
	Heap() ([]byte, error)

	// Footprint returns what the process holds after garbage collection.
	Footprint() (usage.Footprint, error)

	// Ended returns a channel that is closed when the process has ended.
	// HowItEnded then describes how.
	Ended() <-chan struct{}
	HowItEnded() string

	// Condition describes what keeps the process from serving, such as that it is
	// stopped; it is empty if nothing is known.
	Condition() string
}

// startServer starts the server. It returns soon after ctx has ended.
func startServer(ctx context.Context, c Config) (server, error) {
	if c.Child != nil {
		p, err := child.Start(*c.Child)
		if err != nil {
			c.Findings.abandon(c.Variant, err)
			return nil, err
		}
		return p, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.Stall)
	defer cancel()
	return await(ctx, c.Findings, c.Variant, "Listen", func() (server, error) {
		srv, err := c.Variant.Transport.Listen("")
		if err != nil {
			return nil, err
		}
		return inProcess{srv, srv.Addr(), c}, nil
	}, func(late server) { late.Close() })
}

// closeTimeout is how long a Close may take before it counts as a hang.
const closeTimeout = 10 * time.Second

// inProcess is a server in the benchmark's own process.
type inProcess struct {
	server echo.Server
	addr   string
	config Config
}

func (h inProcess) Addr() string { return h.addr }

func (h inProcess) Close() error {
	return awaitClose(closeTimeout, h.config.Findings, h.config.Variant, "Close of a Server", h.server.Close)
}
