package rest

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"

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
		conns, workers, rounds int
		most                   int64 // connections
	}{
		{conns: 0, workers: 500, rounds: 20, most: defaultConns},
		{conns: 8, workers: 100, rounds: 20, most: 8},
		{conns: 1, workers: 10, rounds: 20, most: 1},
	} {
		t.Run(fmt.Sprintf("Conns=%d", c.conns), func(t *testing.T) {
			l := listen(t)
			srv := startOn(t, &Transport{}, l)
			defer srv.Close()
			client, err := (&Transport{Conns: c.conns}).Dial(t.Context(), srv.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			var wg sync.WaitGroup
			for w := range c.workers {
				wg.Go(func() {
					req := &payload.Payload{Id: uint64(w), Data: payload.Body(64, uint64(w))}
					var reply payload.Payload
					for range c.rounds {
						if err := client.Echo(t.Context(), req, &reply); err != nil || reply.Id != req.Id {
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
			if got := l.accepted.Load(); got < 1 || got > c.most {
				t.Errorf("%d connections for %d workers, want 1 to %d", got, c.workers, c.most)
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
