package tcp

import (
	"bytes"
	"context"
	"errors"
	"net"
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
	const most = 3
	for _, c := range refusing {
		t.Run(c.name, func(t *testing.T) {
			progress := inprogress.New(most)
			client := testkit.Dial(t, c.tr, startRefusing(t, c.tr, progress))
			for range most {
				testkit.MustEcho(t, client, 1, c.size)
				progress.Begin()
			}
			for range 3 {
				err := testkit.Echo(t.Context(), client, 2, c.size)
				if !errors.Is(err, echo.ErrRefused) || errors.Is(err, echo.ErrTooLarge) {
					t.Fatalf("Echo while %d requests are in progress: error %v, want echo.ErrRefused only", most, err)
				}
			}
			progress.End(1)
			for id := range uint64(3) {
				testkit.MustEcho(t, client, id, c.size)
			}
			if n := progress.Len(); n != most-1 {
				t.Errorf("%d requests in progress after all replies, want the %d of this test", n, most-1)
			}
		})
	}
}

// The requests in progress are answered while another one is refused. The server
// counts a request before it lets the other connections read theirs.
func TestRefuseWhileOthersAreServed(t *testing.T) {
	const most = 3
	for _, c := range refusing {
		t.Run(c.name, func(t *testing.T) {
			reached, hold := make(chan struct{}, most), make(chan struct{})
			progress := inprogress.NewYielding(most, func() {
				reached <- struct{}{}
				<-hold
			})
			addr := startRefusing(t, c.tr, progress)
			served := make(chan error, most)
			for id := range uint64(most) {
				client := testkit.Dial(t, c.tr, addr)
				go func() { served <- testkit.Echo(context.Background(), client, id, c.size) }()
			}
			for range most {
				testkit.Receive(t, "a request in progress", reached)
			}
			client := testkit.Dial(t, c.tr, addr)
			if err := testkit.Echo(t.Context(), client, 7, c.size); !errors.Is(err, echo.ErrRefused) {
				t.Errorf("Echo while %d requests are in progress: error %v, want echo.ErrRefused", most, err)
			}
			close(hold)
			for range most {
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

// Of the messages that arrive together on a multiplexed connection, the first ones
// are in progress and the others are refused. All are told apart by their numbers.
func TestRefuseMuxTogether(t *testing.T) {
	const most, all = 3, 5
	var in []byte
	for number := range uint64(all) {
		in = appendMuxFrame(in, number, &payload.Payload{Id: number, Data: []byte("data")})
	}
	progress := inprogress.New(most)
	conn := &wire{Reader: bytes.NewReader(in)}
	answerMux(conn, fuzzLimit, nil, progress)
	replies := newMuxReader(&conn.Buffer, fuzzLimit)
	for want := range uint64(all) {
		number, body, err := replies.next()
		if refused := want >= most; number != want || refused != (err == echo.ErrRefused) || refused != (body == nil) {
			t.Errorf("reply %d: number %d, %d bytes, error %v", want, number, len(body), err)
		}
		if ready := replies.ready(); ready != (want < all-1) {
			t.Errorf("after reply %d of %d: ready is %t", want, all, ready)
		}
	}
	if n := progress.Len(); n != 0 {
		t.Errorf("%d requests in progress after the connection has ended", n)
	}
}

// A request that ends its connection is no longer in progress.
func TestRefuseForgetsBrokenConnections(t *testing.T) {
	const limit = 1 << 10
	overLimit := &payload.Payload{Data: payload.Body(limit+1, 1)}
	progress := inprogress.New(5)
	for name, answer := range map[string]func() *wire{
		"plain, over the limit": func() *wire {
			conn := &wire{Reader: bytes.NewReader(stream.AppendFrame(nil, overLimit))}
			answerRefusing(conn, limit, nil, progress)
			return conn
		},
		"plain, garbage": func() *wire {
			conn := &wire{Reader: bytes.NewReader([]byte{0, 0, 0, 1, 0xff})}
			answerRefusing(conn, limit, nil, progress)
			return conn
		},
		"mux, over the limit": func() *wire {
			conn := &wire{Reader: bytes.NewReader(appendMuxFrame(nil, 1, overLimit))}
			answerMux(conn, limit, nil, progress)
			return conn
		},
		"grants, announced and nothing else": func() *wire {
			conn := &wire{Reader: bytes.NewReader([]byte{0x80, 0, 0, 100})}
			newGate(1).answer(newPooledCodec(conn, limit, new(bufferPool)), nil, progress)
			conn.Next(stream.FrameHeader) // the grant
			return conn
		},
	} {
		if conn := answer(); conn.Len() != 0 {
			t.Errorf("%s: answered with %d bytes", name, conn.Len())
		}
		if n := progress.Len(); n != 0 {
			t.Errorf("%s: %d requests in progress after the connection has ended", name, n)
			progress.End(n)
		}
	}
}

// A client that has announced a message and stalls does not make the server refuse
// the messages of others for long.
func TestRefuseForgetsStalledGrants(t *testing.T) {
	tr := &Transport{Grants: 1, RefuseAbove: 1}
	addr := echo.StartServer(t, tr)
	_, n := largeMessage()
	stalled := dialAnnouncer(t, addr)
	stalled.announce(n)
	stalled.awaitGrant(n)
	client := testkit.Dial(t, tr, addr)
	ctx := testkit.Context(t)
	for {
		err := client.Echo(ctx, &payload.Payload{Data: make([]byte, 8<<10)}, new(payload.Payload))
		if err == nil {
			return
		}
		if !errors.Is(err, echo.ErrRefused) {
			t.Fatalf("Echo while another client stalls: error %v, want echo.ErrRefused at most", err)
		}
	}
}

// A pipeline remains usable after a refusal.
func TestRefusePipeline(t *testing.T) {
	addr := testkit.Serve(t, func(conn net.Conn) {
		r := newMuxReader(conn, 1<<10)
		for refuse := true; ; refuse = !refuse {
			all, err := readRequests(r, 1)
			if err != nil {
				return
			}
			if refuse {
				conn.Write(appendMuxRefusal(nil, all[0].number))
			} else {
				conn.Write(appendMuxFrame(nil, all[0].number, all[0].p))
			}
		}
	})
	c := testkit.Dial(t, &Transport{Mux: true}, addr).(echo.Pipeliner)
	p, err := c.Pipeline(testkit.Context(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range uint64(4) {
		if err := p.Send(&payload.Payload{Id: i}); err != nil {
			t.Fatal(err)
		}
		var reply payload.Payload
		err := p.Receive(&reply)
		if refused := i%2 == 0; refused != errors.Is(err, echo.ErrRefused) || !refused && (err != nil || reply.Id != i) {
			t.Errorf("request %d: id %d, error %v; want every other one refused", i, reply.Id, err)
		}
	}
}
