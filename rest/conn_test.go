package rest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// handshakes is more than the number of bytes that a client sends over HTTP/2
// before its first request. As long as net/http does not know that its first
// connection can be shared, it may dial others, which it closes before any
// request.
const handshakes = 4 << 10

// A connsCase is a number of workers, and how many connections they may open.
type connsCase struct {
	tr              Transport
	workers, rounds int
	min, max        int // connections
}

func TestWorkersNeverRedial(t *testing.T) {
	for _, c := range []connsCase{
		{Transport{}, 100, 10, 1, defaultConns},
		{Transport{Conns: echo.Each}, 20, 10, 1, math.MaxInt},
		{Transport{Conns: 8}, 50, 10, 1, 8},
		{Transport{Conns: 1}, 10, 10, 1, 1},
		{Transport{Conns: 8, TLS: true}, 50, 10, 1, 8},
		{Transport{HTTP2: true}, 50, 10, 1, 1},
		{Transport{HTTP2: true, Conns: 8}, 50, 10, 8, 8},
		{Transport{HTTP2: true, Conns: 8}, 3, 100, 3, 3},
		{Transport{HTTP2: true, Conns: echo.Each}, 20, 100, 20, 20},
		{Transport{HTTP2: true, TLS: true}, 50, 10, 1, 1},
		{Transport{HTTP2: true, TLS: true, Conns: 8}, 50, 10, 8, 8},
	} {
		t.Run(fmt.Sprintf("Conns=%d,HTTP2=%t,TLS=%t", c.tr.Conns, c.tr.HTTP2, c.tr.TLS), c.test)
	}
}

func (c connsCase) test(t *testing.T) {
	l := listen(t)
	srv := startOn(t, &c.tr, l)
	clients := make([]echo.Client, c.tr.Describe(c.workers).Clients)
	for i := range clients {
		clients[i] = testkit.Dial(t, &c.tr, srv.Addr())
	}
	var wg sync.WaitGroup
	for w := range c.workers {
		wg.Go(func() {
			req := &payload.Payload{Id: uint64(w), Data: payload.Body(64, uint64(w))}
			var reply payload.Payload
			for range c.rounds {
				if err := clients[w%len(clients)].Echo(t.Context(), req, &reply); err != nil || reply.Id != req.Id {
					t.Errorf("worker %d: error %v, id %d", w, err, reply.Id)
					return
				}
			}
		})
	}
	wg.Wait()
	var minRead int64
	if c.tr.HTTP2 {
		minRead = handshakes
	}
	got, closed := l.accepted(minRead)
	// If none was closed, each was dialled once and then used again. On a busy machine
	// net/http closes a connection of HTTP/1.1 whose write goroutine has not run within
	// 50 ms of the response (see maxWriteWaitBeforeConnReuse). A client that does not
	// keep connections would close one for nearly every call.
	allowed := 0
	if !c.tr.HTTP2 {
		allowed = c.workers * c.rounds / 4
	}
	if closed > allowed {
		t.Errorf("%d of %d connections were closed between calls, want %d at most", closed, got, allowed)
	}
	if got < c.min || got-closed > c.max {
		t.Errorf("%d connections for %d workers, of which %d were closed, want %d to %d", got, c.workers, closed, c.min, c.max)
	}
}

// The connection that Dial opens carries the first calls.
func TestDialConnectsOnce(t *testing.T) {
	l := listen(t)
	srv := startOn(t, &Transport{}, l)
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
	if got, _ := l.accepted(0); got > 2 {
		t.Errorf("%d connections after three calls in sequence, want 1, or 2 at most on a busy machine", got)
	}
}

// With net/http's default of 250 streams on a connection, 500 calls would open
// another one.
func TestOneConnectionCarriesAllStreams(t *testing.T) {
	for _, mode := range modes[2:4] {
		t.Run(mode.name, func(t *testing.T) { testAllStreams(t, &mode.tr) })
	}
}

func testAllStreams(t *testing.T, tr *Transport) {
	const calls = 500
	client, p := testkit.StartProxied(t, tr)
	data := payload.Body(100, 1)
	p.Hold() // so that no call is answered before all have been sent
	before := p.Sent()
	errs := make(chan error, calls)
	for range calls {
		go func() { errs <- client.Echo(t.Context(), &payload.Payload{Id: 1, Data: data}, &payload.Payload{}) }()
	}
	if err := p.AwaitSent(testkit.Context(t), before+calls*len(data)); err != nil {
		t.Errorf("%d calls at the same time: %v", calls, err)
	}
	p.Release()
	for range calls {
		if err := testkit.Receive(t, "Echo's error", errs); err != nil {
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
		t.Errorf("%d connections for %d calls at the same time, want 1", used, calls)
	}
}

// Once a dialer is closed it dials no more, and close waits until its user has
// closed the connections.
func TestDialerClose(t *testing.T) {
	l := listen(t)
	defer l.Close()
	d := newDialer()
	c, err := d.dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{})
	go func() {
		d.close()
		close(closed)
	}()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Read during close: error %v, want net.ErrClosed", err)
	}
	select {
	case <-closed:
		t.Error("close returned before the connection's user closed it")
	default:
	}
	for range 2 {
		c.Close()
	}
	testkit.Receive(t, "the end of close", closed)
	if _, err := d.dial(context.Background(), "tcp", l.Addr().String()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("dial after close: error %v, want net.ErrClosed", err)
	}
	if got := d.dials(); got != 1 {
		t.Errorf("%d dials, want 1", got)
	}
}

// Dial ends if the server closes the connection after each response. Over HTTP/1.1
// the Client works. Over HTTP/2, Dial reports it, unless a second call was faster than
// the end of the connection.
func TestDialWithoutKeepAlive(t *testing.T) {
	for _, mode := range modes[:4] {
		t.Run(mode.name, func(t *testing.T) {
			srv := startOn(t, &mode.tr, listen(t))
			srv.http.SetKeepAlivesEnabled(false)
			var c echo.Client
			err := testkit.Within(t, "Dial", func() (err error) {
				c, err = mode.tr.Dial(context.Background(), srv.Addr())
				return err
			})
			if err == nil {
				defer c.Close()
				err = testkit.Echo(t.Context(), c, 7, 100)
			}
			if err != nil && (!mode.tr.HTTP2 || !strings.Contains(err.Error(), "want it to keep connections open")) {
				t.Errorf("Dial and Echo: %v", err)
			}
		})
	}
}

// Dial ends if net/http does not support HTTP/2, at the client or at the server.
func TestDialWithoutHTTP2(t *testing.T) {
	for _, setting := range []string{"http2client=0", "http2server=0"} {
		for _, mode := range modes[:4] {
			t.Run(setting+" "+mode.name, func(t *testing.T) {
				t.Setenv("GODEBUG", setting)
				addr := echo.StartServer(t, &mode.tr)
				var c echo.Client
				err := testkit.Within(t, "Dial", func() (err error) {
					c, err = mode.tr.Dial(context.Background(), addr)
					return err
				})
				if err == nil {
					defer c.Close()
					err = testkit.Echo(t.Context(), c, 7, 100)
				}
				if (err != nil) != mode.tr.HTTP2 {
					t.Errorf("Dial and Echo: %v", err)
				}
			})
		}
	}
}
