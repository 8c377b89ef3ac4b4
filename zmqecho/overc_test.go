//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/run/loop"
	"github.com/echobench/echobench/internal/test/benchkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/cping"
)

// BenchmarkOverC compares clients with libzmq's own ping-pong of as many bytes, which
// is in C at both ends. The ratio is what Go, protobuf, and watching contexts and
// connections cost in addition to libzmq. A worker of side C makes all of its echoes in
// one call of C, and Go provides threads for these calls one after another. Therefore
// fewer of them are in flight than there are workers, and with more than one worker the
// latencies of the two sides cannot be compared.
func BenchmarkOverC(b *testing.B) {
	b.Setenv("ECHOBENCH_RULES", "off") // side B breaks rules on purpose
	for _, v := range benchkit.Select(b, Variants(), "zmq", "zmqblocking") {
		echobench.Duel{
			A:           v,
			B:           echo.Variant{Name: "c", Transport: new(inC)},
			Sizes:       benchkit.Small(),
			Parallelism: []int{1, 50, 500},
			Slice:       200 * time.Millisecond,
		}.Run(b)
	}
}

// An inC is libzmq's own ping-pong in C, as a transport for duels: its clients are
// loop.Pingers, each with a REQ socket, as those of the default Transport have. The
// server is one REP socket in the same process.
type inC struct{ server atomic.Pointer[cping.Server] } // the last one

var _ loop.Pinger = inCClient{}

func (t *inC) Name() string { return "c" }

func (t *inC) Describe(workers int) echo.Description {
	return echo.Description{Clients: workers, Settings: "libzmq's ping-pong in C, a REQ socket for each worker and one REP socket"}
}

func (t *inC) Listen(string) (echo.Server, error) {
	server, err := cping.Start()
	if err != nil {
		return nil, err
	}
	t.server.Store(server)
	return inCServer{server}, nil
}

func (t *inC) Dial(context.Context, string) (echo.Client, error) {
	client, err := t.server.Load().Connect()
	if err != nil {
		return nil, err
	}
	return inCClient{client}, nil
}

type inCServer struct{ *cping.Server }

func (s inCServer) Addr() string { return "" }

type inCClient struct{ client *cping.Client }

func (c inCClient) Echo(context.Context, *payload.Payload, *payload.Payload) error {
	return errors.ErrUnsupported
}

// Ping implements loop.Pinger. A message has as many bytes as the encoded Payload.
func (c inCClient) Ping(data []byte, latencies []int64) error {
	message := payload.Append(nil, &payload.Payload{Id: 1 << 14, Data: data, Timestamp: time.Now().UnixNano()})
	return c.client.Ping(message, latencies)
}

func (c inCClient) Close() error { return c.client.Close() }
