package grpcecho

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/test/testkit"
	"github.com/echobench/echobench/payload"
)

// newTestClient returns a client that has not connected yet.
func newTestClient(tb testing.TB, addr string, limit payload.Size) *client {
	tb.Helper()
	c, err := new(Transport).newClient(addr, limit)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return c
}

func TestDialErrors(t *testing.T) {
	answering := func(answer string) (addr string) {
		return testkit.Serve(t, func(conn net.Conn) { io.WriteString(conn, answer) })
	}
	unused := testkit.Unused(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		tr   *Transport
		addr string
		want string
	}{
		{"no server", t.Context(), &Transport{}, unused, "connection refused"},
		{"closes the connection", t.Context(), &Transport{}, answering(""), "code = Unavailable"},
		{"another protocol", t.Context(), &Transport{}, answering("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), "code = Unavailable"},
		{"cancelled context", cancelled, &Transport{}, unused, "grpcecho: context canceled"},
		{"Conns", t.Context(), &Transport{Conns: -2}, unused, "grpcecho: Conns -2: want 1 to"},
		{"MaxSize", t.Context(), &Transport{MaxSize: -1}, unused, "grpcecho: MaxSize -1: want 1 to"},
	} {
		client, err := c.tr.Dial(c.ctx, c.addr)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Dial: error %v, want %q", c.name, err, c.want)
		}
		if err == nil {
			client.Close()
		}
	}
}

// TestEchoAgainstOtherReplies checks what Echo returns for replies that this package's
// server does not give. The client must remain usable after each of them.
func TestEchoAgainstOtherReplies(t *testing.T) {
	const limit = 1 << 10
	for _, c := range []struct {
		name   string
		reply  *payload.Payload
		err    error
		want   string // part of the error
		is     error
		isNone error
	}{
		{"reply too large", &payload.Payload{Data: make([]byte, limit+payload.Overhead+1)}, nil, tooLarge, echo.ErrTooLarge, nil},
		{"quota", nil, status.Error(codes.ResourceExhausted, "quota exceeded"), "quota exceeded", nil, echo.ErrTooLarge},
		{"server's deadline", nil, status.Error(codes.DeadlineExceeded, "late"), "late", context.DeadlineExceeded, nil},
		{"server cancelled", nil, status.Error(codes.Canceled, "no"), "no", nil, net.ErrClosed},
		{"unavailable", nil, status.Error(codes.Unavailable, "gone"), "grpcecho: rpc error: code = Unavailable desc = gone", nil, net.ErrClosed},
		{"long message", nil, status.Error(codes.Internal, strings.Repeat("x", 2*maxHeader)), "grpcecho: ", nil, echo.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			fake := &fakeServer{echo: func(_ context.Context, p *payload.Payload) (*payload.Payload, error) {
				if p.Id != 7 {
					return p, nil
				}
				return c.reply, c.err
			}}
			client := newTestClient(t, fake.start(t), limit)
			err := client.Echo(testkit.Context(t), &payload.Payload{Id: 7}, new(payload.Payload))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Echo: error %v, want %q", err, c.want)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("Echo: error %v, want one that matches %v", err, c.is)
			}
			if c.isNone != nil && errors.Is(err, c.isNone) {
				t.Errorf("Echo: error %v matches %v", err, c.isNone)
			}
			testkit.MustEcho(t, client, 8, 1)
		})
	}
}

func TestCloseEndsCallsInFlight(t *testing.T) {
	const calls = 8
	received := make(chan struct{}, calls)
	fake := &fakeServer{echo: func(ctx context.Context, p *payload.Payload) (*payload.Payload, error) {
		received <- struct{}{}
		<-ctx.Done()
		return p, nil
	}}
	client := newTestClient(t, fake.start(t), 1<<10)
	errs := make(chan error, calls)
	for range calls {
		go func() {
			errs <- client.Echo(context.Background(), &payload.Payload{Id: 1}, new(payload.Payload))
		}()
	}
	for range calls {
		testkit.Receive(t, "a call at the server", received)
	}
	client.Close()
	for range calls {
		if err := testkit.Receive(t, "the end of a call", errs); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Echo during Close: error %v, want net.ErrClosed", err)
		}
	}
}

// wideOpen is what a server sends first that allows its client to send 1 GiB: a
// SETTINGS frame with a window for each stream, and a WINDOW_UPDATE frame for the
// connection.
const wideOpen = "\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x04\x40\x00\x00\x00" +
	"\x00\x00\x04\x08\x00\x00\x00\x00\x00" + "\x40\x00\x00\x00"

// Close does not wait for a server that does not read, for which grpc alone would wait
// 5 s, and ends the calls in flight.
func TestCloseOfDeafServer(t *testing.T) {
	const calls = 7 // with more data than fits into the buffers of the sockets
	release := make(chan struct{})
	addr := testkit.Serve(t, func(conn net.Conn) {
		io.WriteString(conn, wideOpen)
		<-release
	})
	defer close(release)
	c := newTestClient(t, addr, 4<<20)
	errs := make(chan error, calls)
	for range calls {
		go func() {
			errs <- c.Echo(testkit.Context(t), &payload.Payload{Id: 1, Data: make([]byte, 4<<20)}, new(payload.Payload))
		}()
	}
	time.Sleep(50 * time.Millisecond) // so that most of them are sending
	start := time.Now()
	if err := testkit.Within(t, "Close", c.Close); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("Close took %v", took)
	}
	for range calls {
		if err := testkit.Receive(t, "the end of a call", errs); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Echo during Close: error %v, want net.ErrClosed", err)
		}
	}
}

// Each Client has one connection, however many workers share it.
func TestConns(t *testing.T) {
	for _, c := range []struct {
		conns, workers, want int // want is a number of clients
	}{
		{0, 100, 1}, {1, 100, 1}, {3, 100, 3}, {8, 2, 2}, {echo.Each, 5, 5},
	} {
		t.Run(fmt.Sprintf("Conns=%d", c.conns), func(t *testing.T) {
			tr := &Transport{Conns: c.conns}
			clients := make([]echo.Client, tr.Describe(c.workers).Clients)
			if len(clients) != c.want {
				t.Fatalf("%d workers get %d clients, want %d", c.workers, len(clients), c.want)
			}
			srv := listen(t, tr)
			for i := range clients {
				clients[i] = testkit.Dial(t, tr, srv.Addr())
			}
			var running sync.WaitGroup
			for w := range c.workers {
				running.Go(func() {
					for range 10 {
						if err := testkit.Echo(t.Context(), clients[w%len(clients)], uint64(w), 64); err != nil {
							t.Errorf("worker %d: %v", w, err)
							return
						}
					}
				})
			}
			running.Wait()
			srv.listener.mu.Lock()
			defer srv.listener.mu.Unlock()
			if got := len(srv.listener.recent); got != c.want {
				t.Errorf("%d connections, want %d", got, c.want)
			}
		})
	}
}

// With IdleTimeout, a server does not keep a connection without a call. Its client
// connects again.
func TestIdleTimeout(t *testing.T) {
	tr := &Transport{IdleTimeout: 20 * time.Millisecond}
	srv := listen(t, tr)
	c := testkit.Dial(t, tr, srv.Addr()).(*client)
	for range 3 {
		testkit.MustEcho(t, c, 1, 64)
		if !c.conn.WaitForStateChange(testkit.Context(t), connectivity.Ready) {
			t.Fatal("the connection is still in use")
		}
	}
}
