package rest

import (
	"fmt"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
)

// A countingListener counts the connections that it accepted and those of them
// that were closed.
type countingListener struct {
	net.Listener
	accepted, closed atomic.Int64
}

type countedConn struct {
	net.Conn
	closed func()
}

func listen(t *testing.T) *countingListener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &countingListener{Listener: l}
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.accepted.Add(1)
	return &countedConn{conn, sync.OnceFunc(func() { l.closed.Add(1) })}, nil
}

func (c *countedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

func TestWorkersNeverRedial(t *testing.T) {
	for _, c := range []struct {
		tr              Transport
		workers, rounds int
		least, most     int64 // connections
	}{
		{Transport{}, 500, 10, 1, defaultConns},
		{Transport{Conns: echobench.Each}, 100, 10, 1, math.MaxInt64},
		{Transport{Conns: 8}, 100, 10, 1, 8},
		{Transport{Conns: 1}, 10, 10, 1, 1},
		{Transport{Conns: 8, TLS: true}, 100, 10, 1, 8},
		{Transport{HTTP2: true}, 100, 10, 1, 1},
		{Transport{HTTP2: true, Conns: 8}, 100, 10, 8, 8},
		{Transport{HTTP2: true, Conns: 8}, 3, 10, 3, 3},
		{Transport{HTTP2: true, Conns: echobench.Each}, 20, 10, 20, 20},
		{Transport{HTTP2: true, TLS: true}, 100, 10, 1, 1},
		{Transport{HTTP2: true, TLS: true, Conns: 8}, 100, 10, 8, 8},
	} {
		t.Run(fmt.Sprintf("Conns=%d,HTTP2=%t,TLS=%t", c.tr.Conns, c.tr.HTTP2, c.tr.TLS), func(t *testing.T) {
			l := listen(t)
			srv := startOn(t, &c.tr, l)
			clients := make([]echobench.Client, c.tr.Describe(c.workers).Clients)
			for i := range clients {
				var err error
				if clients[i], err = c.tr.Dial(t.Context(), srv.Addr()); err != nil {
					t.Fatal(err)
				}
				defer clients[i].Close()
			}
			var wg sync.WaitGroup
			for w := range c.workers {
				wg.Go(func() {
					req := &payload.Payload{Id: uint64(w), Data: payload.Body(64, uint64(w))}
					var reply payload.Payload
					for range c.rounds {
						if err := clients[w%len(clients)].Echo(t.Context(), req, &reply); err != nil || reply.Id != req.Id {
							t.Errorf("worker %d: %v, id %d", w, err, reply.Id)
							return
						}
					}
				})
			}
			wg.Wait()
			// As long as none was closed, each was dialled once and then used again.
			if got := l.closed.Load(); got != 0 {
				t.Errorf("%d of %d connections were closed between calls, want none", got, l.accepted.Load())
			}
			if got := l.accepted.Load(); got < c.least || got > c.most {
				t.Errorf("%d connections for %d workers, want %d to %d", got, c.workers, c.least, c.most)
			}
		})
	}
}

// A Dial leaves its connection for the first calls.
func TestDialConnectsOnce(t *testing.T) {
	l := listen(t)
	srv := startOn(t, &Transport{}, l)
	defer srv.Close()
	client, err := Dial(t.Context(), srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if got := l.accepted.Load(); got != 1 {
		t.Errorf("%d connections after Dial, want 1", got)
	}
	for range 3 {
		if err := client.Echo(t.Context(), &payload.Payload{Data: []byte("x")}, &payload.Payload{}); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.accepted.Load(); got != 1 {
		t.Errorf("%d connections after three calls one by one, want 1", got)
	}
}

// With net/http's default of 250 streams a connection, 500 calls would open
// another.
func TestOneConnectionCarriesAllStreams(t *testing.T) {
	const calls = 500
	for _, secure := range []bool{false, true} {
		tr := &Transport{HTTP2: true, TLS: secure}
		p, err := proxy.Start(listenAndServe(t, tr).Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		client, err := tr.Dial(t.Context(), p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		data := payload.Body(100, 1)
		p.Hold() // nothing is answered until all are under way
		before := p.Sent()
		errs := make(chan error, calls)
		for range calls {
			go func() { errs <- client.Echo(t.Context(), &payload.Payload{Id: 1, Data: data}, &payload.Payload{}) }()
		}
		if err := p.AwaitSent(bounded(t), before+calls*len(data)); err != nil {
			t.Errorf("TLS %t: %d calls at once: %v", secure, calls, err)
		}
		p.Release()
		for range calls {
			if err := receive(t, errs); err != nil {
				t.Errorf("Echo: %v", err)
			}
		}
		if got := len(p.Streams()); got != 1 {
			t.Errorf("TLS %t: %d connections for %d calls at once, want 1", secure, got, calls)
		}
	}
}
