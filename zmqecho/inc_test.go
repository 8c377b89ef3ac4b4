//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/loop"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/zmqecho/internal/cping"
)

// An inC is libzmq's own ping-pong in C, as a transport for duels: its client is a
// loop.Pinger. It has one client for each server, in the same process.
type inC struct{ pair *cping.Pair } // of the last server

var _ loop.Pinger = inCClient{}

func (t *inC) Name() string { return "c" }

func (t *inC) Describe(int) echo.Description {
	return echo.Description{Clients: 1, Settings: "libzmq's ping-pong in C, one REQ and one REP socket"}
}

func (t *inC) Listen(string) (echo.Server, error) {
	pair, err := cping.Start()
	if err != nil {
		return nil, err
	}
	t.pair = pair
	return inCServer{pair}, nil
}

func (t *inC) Dial(context.Context, string) (echo.Client, error) { return inCClient{t.pair}, nil }

type inCServer struct{ pair *cping.Pair }

func (s inCServer) Addr() string { return "" }

func (s inCServer) Close() error { return s.pair.Close() }

type inCClient struct{ pair *cping.Pair }

func (c inCClient) Echo(context.Context, *payload.Payload, *payload.Payload) error {
	return errors.ErrUnsupported
}

// Ping implements loop.Pinger. A message has as many bytes as the encoded Payload.
func (c inCClient) Ping(data []byte, latencies []int64) error {
	message := payload.Append(nil, &payload.Payload{Id: 1 << 14, Data: data, Timestamp: time.Now().UnixNano()})
	return c.pair.Ping(message, latencies)
}

func (c inCClient) Close() error { return nil }
