package rest

import (
	"fmt"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
)

// A countingListener keeps the connections that it accepted.
type countingListener struct {
	net.Listener
	mu    sync.Mutex
	conns []*countedConn
}

type countedConn struct {
	net.Conn
	read   atomic.Int64 // bytes
	closed atomic.Bool
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
	c := &countedConn{Conn: conn}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, c)
	return c, nil
}

// accepted tells how many connections were accepted that carried least bytes, and
// how many of them are closed.
func (l *countingListener) accepted(least int64) (all, closed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c.read.Load() < least {
			continue
		}
		all++
		if c.closed.Load() {
			closed++
		}
	}
	return all, closed
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

func (c *countedConn) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// handshakes is more than the bytes that a client sends before its first request
// over HTTP/2. While it has a first connection but does not know yet that it can
// be shared, net/http may dial others, and closes them before any request.
const handshakes = 4 << 10

func TestWorkersNeverRedial(t *testing.T) {
	for _, c := range []struct {
		tr              Transport
		workers, rounds int
		least, most     int // connections
	}{
		{Transport{}, 500, 10, 1, defaultConns},
		{Transport{Conns: echo.Each}, 100, 10, 1, math.MaxInt},
		{Transport{Conns: 8}, 100, 10, 1, 8},
		{Transport{Conns: 1}, 10, 10, 1, 1},
		{Transport{Conns: 8, TLS: true}, 100, 10, 1, 8},
		{Transport{HTTP2: true}, 100, 10, 1, 1},
		{Transport{HTTP2: true, Conns: 8}, 100, 10, 8, 8},
		{Transport{HTTP2: true, Conns: 8}, 3, 100, 3, 3},
		{Transport{HTTP2: true, Conns: echo.Each}, 20, 100, 20, 20},
		{Transport{HTTP2: true, TLS: true}, 100, 10, 1, 1},
		{Transport{HTTP2: true, TLS: true, Conns: 8}, 100, 10, 8, 8},
	} {
		t.Run(fmt.Sprintf("Conns=%d,HTTP2=%t,TLS=%t", c.tr.Conns, c.tr.HTTP2, c.tr.TLS), func(t *testing.T) {
			l := listen(t)
			srv := startOn(t, &c.tr, l)
			clients := make([]echo.Client, c.tr.Describe(c.workers).Clients)
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
			var least int64
			if c.tr.HTTP2 {
				least = handshakes
			}
			got, closed := l.accepted(least)
			// As long as none was closed, each was dialled once and then used again.
			if closed != 0 {
				t.Errorf("%d of %d connections were closed between calls, want none", closed, got)
			}
			if got < c.least || got > c.most {
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
	if got, _ := l.accepted(0); got != 1 {
		t.Errorf("%d connections after Dial, want 1", got)
	}
	for range 3 {
		if err := client.Echo(t.Context(), &payload.Payload{Data: []byte("x")}, &payload.Payload{}); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := l.accepted(0); got != 1 {
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
		used := 0
		for _, stream := range p.Streams() {
			if len(stream) >= handshakes {
				used++
			}
		}
		if used != 1 {
			t.Errorf("TLS %t: %d connections for %d calls at once, want 1", secure, used, calls)
		}
	}
}
