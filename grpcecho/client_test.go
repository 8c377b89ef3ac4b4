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

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/grpcecho/internal/echopb"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestDialErrors(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	free.Close()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		tr   *Transport
		addr string
		want string
	}{
		{"nobody", t.Context(), &Transport{}, nobody, "connection refused"},
		{"hangs up", t.Context(), &Transport{}, answering(t, ""), "code = Unavailable"},
		{"another protocol", t.Context(), &Transport{}, answering(t, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), "code = Unavailable"},
		{"ended context", ended, &Transport{}, nobody, "grpcecho: context canceled"},
		{"Conns", t.Context(), &Transport{Conns: -2}, nobody, "grpcecho: Conns -2: want 0 or more"},
		{"MaxSize", t.Context(), &Transport{MaxSize: -1}, nobody, "grpcecho: MaxSize -1: want 1 to"},
	} {
		client, err := c.tr.Dial(c.ctx, c.addr)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Dial: %v, want %q", c.name, err, c.want)
		}
		if err == nil {
			client.Close()
		}
	}
}

// answering starts a server that answers every connection the same and closes it.
func answering(t *testing.T, answer string) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, answer)
			conn.Close()
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return l.Addr().String()
}

// An oddServer answers what its function does.
type oddServer struct {
	echopb.UnimplementedEchoServer
	echo func(context.Context, *payload.Payload) (*payload.Payload, error)
}

func (s *oddServer) Echo(ctx context.Context, p *payload.Payload) (*payload.Payload, error) {
	return s.echo(ctx, p)
}

// What a server may answer, and what Echo makes of it. The client must stay
// usable whatever it was.
func TestEchoAgainstOtherAnswers(t *testing.T) {
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
			addr := serve(t, &oddServer{echo: func(_ context.Context, p *payload.Payload) (*payload.Payload, error) {
				if p.Id != 7 {
					return p, nil
				}
				return c.reply, c.err
			}})
			client := dial(t, addr, limit)
			var reply payload.Payload
			err := client.Echo(bounded(t), &payload.Payload{Id: 7}, &reply)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Echo: %v, want %q", err, c.want)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("Echo: %v, want one that matches %v", err, c.is)
			}
			if c.isNone != nil && errors.Is(err, c.isNone) {
				t.Errorf("Echo: %v matches %v", err, c.isNone)
			}
			if err := client.Echo(bounded(t), &payload.Payload{Id: 8, Data: []byte("x")}, &reply); err != nil || reply.Id != 8 || string(reply.Data) != "x" {
				t.Errorf("Echo after that: %v, %v", err, &reply)
			}
		})
	}
}

// serve starts a grpc.Server of s with grpc's own limits.
func serve(t *testing.T, s echopb.EchoServer) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer(grpc.WaitForHandlers(true))
	echopb.RegisterEchoServer(srv, s)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := receive(t, served); err != nil && err != grpc.ErrServerStopped {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestCloseEndsCallsInFlight(t *testing.T) {
	const calls = 8
	asked := make(chan struct{}, calls)
	addr := serve(t, &oddServer{echo: func(ctx context.Context, p *payload.Payload) (*payload.Payload, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return p, nil
	}})
	client := dial(t, addr, 1<<10)
	errs := make(chan error, calls)
	for range calls {
		go func() {
			errs <- client.Echo(context.Background(), &payload.Payload{Id: 1}, &payload.Payload{})
		}()
	}
	for range calls {
		receive(t, asked)
	}
	client.Close()
	for range calls {
		if err := receive(t, errs); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Echo: %v, want net.ErrClosed", err)
		}
	}
}

func TestOneConnectionAClient(t *testing.T) {
	for _, c := range []struct {
		conns, workers, want int // clients
	}{
		{0, 100, 1}, {1, 100, 1}, {3, 100, 3}, {8, 2, 2}, {echo.Each, 5, 5},
	} {
		t.Run(fmt.Sprintf("Conns=%d", c.conns), func(t *testing.T) {
			tr := &Transport{Conns: c.conns}
			srv := listenAndServe(t, tr)
			clients := make([]echo.Client, tr.Describe(c.workers).Clients)
			if len(clients) != c.want {
				t.Fatalf("%d workers get %d clients, want %d", c.workers, len(clients), c.want)
			}
			for i := range clients {
				client, err := tr.Dial(bounded(t), srv.Addr())
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				clients[i] = client
			}
			ctx := bounded(t)
			var wg sync.WaitGroup
			for w := range c.workers {
				wg.Go(func() {
					var reply payload.Payload
					for range 10 {
						req := &payload.Payload{Id: uint64(w), Data: payload.Body(64, uint64(w))}
						if err := clients[w%len(clients)].Echo(ctx, req, &reply); err != nil || reply.Id != req.Id {
							t.Errorf("worker %d: %v, id %d", w, err, reply.Id)
							return
						}
					}
				})
			}
			wg.Wait()
			srv.listener.mu.Lock()
			defer srv.listener.mu.Unlock()
			if got := len(srv.listener.open); got != c.want {
				t.Errorf("%d connections, want %d", got, c.want)
			}
		})
	}
}

func TestNothingIsCompressed(t *testing.T) {
	srv := listenAndServe(t, &Transport{})
	p, err := proxy.Start(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c, err := Dial(bounded(t), p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	before := p.Sent()
	zeros := make([]byte, 64<<10)
	if err := c.Echo(bounded(t), &payload.Payload{Id: 1, Data: zeros}, &payload.Payload{}); err != nil {
		t.Fatal(err)
	}
	if got := p.Sent() - before; got < len(zeros) {
		t.Errorf("%d zeros were sent in %d bytes", len(zeros), got)
	}
}
