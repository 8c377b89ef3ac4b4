package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
	"github.com/echobench/echobench/stream"
)

// soon ends a call that hangs.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func dial(t *testing.T, tr *Transport, addr string) echo.Client {
	t.Helper()
	c, err := tr.Dial(soon(t), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func echoN(t *testing.T, c echo.Client, size int) (*payload.Payload, error) {
	t.Helper()
	reply := new(payload.Payload)
	err := c.Echo(soon(t), &payload.Payload{Id: 7, Data: payload.Body(size, 1), Timestamp: 1}, reply)
	return reply, err
}

// serve starts a server that hands its connections to handle.
func serve(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	l, err := stream.Listen("tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	srv := stream.Serve(l, handle)
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv.Addr()
}

func TestStartServerAndDial(t *testing.T) {
	c, err := Dial(soon(t), StartServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if reply, err := echoN(t, c, 4096); err != nil || reply.Id != 7 || len(reply.Data) != 4096 {
		t.Errorf("Echo: %v, id %d, %d bytes; want id 7 and 4096 bytes", err, reply.Id, len(reply.Data))
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		tr   *Transport
		want string // in the error; none if ""
	}{
		{&Transport{}, ""},
		{&Transport{MaxSize: 1}, ""},
		{&Transport{MaxSize: 1 << 30, MaxInFlight: 1}, ""},
		{&Transport{MaxSize: -1}, "tcp: MaxSize -1: want 1 to 1073741824 bytes"},
		{&Transport{MaxSize: 1<<30 + 1}, "tcp: MaxSize 1073741825: want 1 to 1073741824 bytes"},
		{&Transport{MaxInFlight: -1}, "tcp: MaxInFlight -1: want 0 or more"},
	} {
		check := func(call string, err error) {
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s with MaxSize %d, MaxInFlight %d: error %v, want %q", call, int(c.tr.MaxSize), c.tr.MaxInFlight, err, c.want)
			}
		}
		srv, err := c.tr.Listen("")
		check("Listen", err)
		if err == nil {
			defer srv.Close()
		}
		client, err := c.tr.Dial(soon(t), StartServer(t))
		check("Dial", err)
		if err == nil {
			client.Close()
		}
	}
}

func TestDescribe(t *testing.T) {
	d := (&Transport{MaxSize: 1 << 10, MaxInFlight: 50}).Describe(10)
	if d.Clients != 10 || d.Files != 21 || d.MaxSize != 1<<10 {
		t.Errorf("%d clients, %d files, max size %v; want 10, 21, 1KiB", d.Clients, d.Files, d.MaxSize)
	}
	for _, want := range []string{"NODELAY", "max in flight 50", "max size 1KiB"} {
		if !strings.Contains(d.Settings, want) {
			t.Errorf("Settings = %q, want %q in it", d.Settings, want)
		}
	}
}

// A server can't say what was wrong: it closes the connection of a request over
// its own limit, and of nobody else.
func TestServersLimit(t *testing.T) {
	addr := echo.StartServer(t, &Transport{MaxSize: 1 << 10})
	c, other := dial(t, &Transport{}, addr), dial(t, &Transport{}, addr)
	if _, err := echoN(t, c, 1<<10+payload.Overhead+1); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Echo over the server's limit: error %v, want that the connection was closed", err)
	}
	if _, err := echoN(t, c, 1); err == nil || !strings.Contains(err.Error(), "an earlier call broke the connection") {
		t.Errorf("Echo on a closed connection: error %v, want that an earlier call broke it", err)
	}
	if _, err := echoN(t, other, 1<<10); err != nil {
		t.Errorf("Echo by another client: %v", err)
	}
}

func TestClientsLimit(t *testing.T) {
	addr := serve(t, func(conn net.Conn) {
		c := newCodec(conn, 1<<20)
		if c.Read(new(payload.Payload)) == nil {
			c.Write(&payload.Payload{Id: 7, Data: make([]byte, 1<<20)})
		}
	})
	if _, err := echoN(t, dial(t, &Transport{MaxSize: 1 << 10}, addr), 1); !errors.Is(err, echo.ErrTooLarge) {
		t.Errorf("Echo whose reply is over the client's limit: error %v, want one that matches ErrTooLarge", err)
	}
}

// inFlight is a server that counts the requests that it has and lets each wait.
type inFlight struct {
	arrived chan int      // the number there, after each arrival
	answer  chan struct{} // answers one
}

func (s *inFlight) serve(conn net.Conn) {
	c := newCodec(conn, 1<<10)
	var p payload.Payload
	for c.Read(&p) == nil {
		s.arrived <- 1
		if _, ok := <-s.answer; !ok {
			return
		}
		s.arrived <- -1
		if c.Write(&p) != nil {
			return
		}
	}
}

func TestMaxInFlight(t *testing.T) {
	const clients, calls = 6, 3
	for _, c := range []struct{ max, want int }{{0, clients}, {1, 1}, {2, 2}, {clients + 1, clients}} {
		t.Run(fmt.Sprint(c.max), func(t *testing.T) {
			s := &inFlight{make(chan int, 2*clients*calls), make(chan struct{}, clients*calls)}
			addr := serve(t, s.serve)
			t.Cleanup(func() { close(s.answer) }) // before the server's Close
			tr := &Transport{MaxInFlight: c.max}
			done := make(chan error, clients)
			for range clients {
				client := dial(t, tr, addr)
				go func() {
					var err error
					for n := 0; n < calls && err == nil; n++ {
						_, err = echoN(t, client, 100)
					}
					done <- err
				}()
			}
			// As many as may be on the wire come, and no answer is given until they
			// have; then never more than that.
			there, most, seen := 0, 0, 0
			timeout := soon(t)
			for seen < clients*calls || there > 0 {
				select {
				case change := <-s.arrived:
					there += change
					most = max(most, there)
					if change > 0 {
						seen++
						if seen == c.want {
							for range clients * calls {
								s.answer <- struct{}{}
							}
						}
					}
				case <-timeout.Done():
					t.Fatalf("%d of %d requests arrived", seen, clients*calls)
				}
			}
			for range clients {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			if most != c.want {
				t.Errorf("%d requests on the wire at once, want %d", most, c.want)
			}
		})
	}
}

// A call that waits for its turn ends with its context or its client.
func TestMaxInFlightWait(t *testing.T) {
	s := &inFlight{make(chan int, 1), make(chan struct{})}
	addr := serve(t, s.serve)
	t.Cleanup(func() { close(s.answer) }) // before the server's Close
	tr := &Transport{MaxInFlight: 1}
	first, second := dial(t, tr, addr), dial(t, tr, addr)
	done := make(chan error, 2)
	go func() {
		_, err := echoN(t, first, 1)
		done <- err
	}()
	select {
	case <-s.arrived:
	case <-soon(t).Done():
		t.Fatal("the first request did not arrive")
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := second.Echo(ctx, &payload.Payload{}, new(payload.Payload)); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with a cancelled context: error %v, want one that matches context.Canceled", err)
	}
	go func() { done <- second.Echo(soon(t), &payload.Payload{}, new(payload.Payload)) }()
	second.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("waiting on a closed client: error %v, want one that matches net.ErrClosed", err)
	}
	// The first still has its turn, and gives it back.
	first.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the first call, its client being closed: error %v, want one that matches net.ErrClosed", err)
	}
	if n := len(tr.inFlight); n != 0 {
		t.Errorf("%d turns taken after all calls have ended", n)
	}
}
