package tcp

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/protocol/inprogress"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// refusing are the ways in which a server can refuse, each with the size of messages
// that are refused in that way.
var refusing = []struct {
	name string
	tr   *Transport
	size int
}{
	{"plain", &Transport{}, 100},
	{"plain, large", &Transport{}, 64 << 10},
	{"TLS", &Transport{TLS: true}, 100},
	{"grants, small", &Transport{Grants: 3}, 100},
	{"grants, announced", &Transport{Grants: 3}, 64 << 10},
	{"mux", &Transport{Mux: true}, 100},
	{"mux, large", &Transport{Mux: true, Conns: echo.Each}, 64 << 10},
}

// startRefusing starts a server of tr that counts its requests with progress.
func startRefusing(t *testing.T, tr *Transport, progress *inprogress.Limit) (addr string) {
	t.Helper()
	limit, err := tr.check()
	if err != nil {
		t.Fatal(err)
	}
	config, err := tr.serverTLS()
	if err != nil {
		t.Fatal(err)
	}
	l, err := tr.listen("")
	if err != nil {
		t.Fatal(err)
	}
	srv := tr.newServer(l, config, limit, progress)
	t.Cleanup(func() {
		if err := testkit.Within(t, "the server's Close", srv.Close); err != nil {
			t.Errorf("the server's Close: %v", err)
		}
	})
	return srv.Addr()
}

// A request is refused while as many as allowed are in progress, and answered
// afterwards on the same connection.
func TestRefuse(t *testing.T) {
	const limit = 3
	for _, c := range refusing {
		t.Run(c.name, func(t *testing.T) {
			progress := inprogress.New(limit)
			client := testkit.Dial(t, c.tr, startRefusing(t, c.tr, progress))
			for range limit {
				testkit.MustEcho(t, client, 1, c.size)
				progress.Begin()
			}
			for range 3 {
				err := testkit.Echo(t.Context(), client, 2, c.size)
				if !errors.Is(err, echo.ErrRefused) || errors.Is(err, echo.ErrTooLarge) {
					t.Fatalf("Echo while %d requests are in progress: error %v, want echo.ErrRefused only", limit, err)
				}
			}
			progress.End(1)
			for id := range uint64(3) {
				testkit.MustEcho(t, client, id, c.size)
			}
			if n := progress.Len(); n != limit-1 {
				t.Errorf("%d requests in progress after all replies, want the %d of this test", n, limit-1)
			}
		})
	}
}

// The requests in progress are answered while another one is refused. The server
// counts a request before it lets the other connections read theirs.
func TestRefuseWhileOthersAreServed(t *testing.T) {
	const limit = 3
	for _, c := range refusing {
		t.Run(c.name, func(t *testing.T) {
			reached, hold := make(chan struct{}, limit), make(chan struct{})
			progress := inprogress.NewYielding(limit, func() {
				reached <- struct{}{}
				<-hold
			})
			addr := startRefusing(t, c.tr, progress)
			served := make(chan error, limit)
			for id := range uint64(limit) {
				client := testkit.Dial(t, c.tr, addr)
				go func() { served <- testkit.Echo(context.Background(), client, id, c.size) }()
			}
			for range limit {
				testkit.Receive(t, "a request in progress", reached)
			}
			client := testkit.Dial(t, c.tr, addr)
			if err := testkit.Echo(t.Context(), client, 7, c.size); !errors.Is(err, echo.ErrRefused) {
				t.Errorf("Echo while %d requests are in progress: error %v, want echo.ErrRefused", limit, err)
			}
			close(hold)
			for range limit {
				if err := testkit.Receive(t, "an Echo in progress", served); err != nil {
					t.Errorf("Echo in progress: %v", err)
				}
			}
			testkit.MustEcho(t, client, 8, c.size)
		})
	}
}

// Requests that wait for a processor are in progress, so that a server to which many
// connections send at the same time refuses some.
func TestRefuseCountsWaitingRequests(t *testing.T) {
	limit := 2 * runtime.GOMAXPROCS(0) // more than there are processors
	for _, c := range refusing {
		t.Run(c.name, func(t *testing.T) {
			addr := startRefusing(t, c.tr, inprogress.New(limit))
			ctx, refused := context.WithCancel(testkit.Context(t))
			defer refused()
			workers := 32 * limit
			clients := make([]echo.Client, contract.Describe(c.tr, workers).Clients)
			for i := range clients {
				clients[i] = testkit.Dial(t, c.tr, addr)
			}
			var seen atomic.Bool
			var running sync.WaitGroup
			for w := range workers {
				running.Go(func() {
					for ctx.Err() == nil {
						err := testkit.Echo(ctx, clients[w%len(clients)], uint64(w), c.size)
						if errors.Is(err, echo.ErrRefused) {
							seen.Store(true)
							refused()
						} else if err != nil && ctx.Err() == nil {
							t.Error(err)
							return
						}
					}
				})
			}
			running.Wait()
			if !seen.Load() {
				t.Errorf("%d workers: no request was refused above %d in progress", workers, limit)
			}
		})
	}
}

// A request that ends its connection is no longer in progress.
func TestRefuseForgetsBrokenConnections(t *testing.T) {
	const limit = 1 << 10
	progress := inprogress.New(5)
	for name, in := range map[string][]byte{
		"over the limit": stream.AppendFrame(nil, &payload.Payload{Data: payload.Body(limit+1, 1)}),
		"garbage":        {0, 0, 0, 1, 0xff},
	} {
		conn := &testkit.Wire{Reader: bytes.NewReader(in)}
		answerRefusing(conn, limit, nil, progress)
		if written, n := conn.Written.Len(), progress.Len(); written != 0 || n != 0 {
			t.Errorf("%s: %d bytes written, and %d requests in progress after the connection has ended; want none", name, written, n)
			progress.End(n)
		}
	}
}
