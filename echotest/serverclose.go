package echotest

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/payload"
)

func (k *kit) serverCloseIdle() {
	srv := k.listen()
	c := k.dial(srv.Addr())
	k.mustEcho(c, k.request(16))
	// If the transport uses TCP, there is also a connection that sends nothing.
	if conn, err := net.Dial("tcp", srv.Addr()); err == nil {
		defer conn.Close()
	}
	if err := k.closeServer(srv); err != nil {
		k.Errorf("Close of a Server: %v", err)
	}
	if err := k.echo(k.shortContext(), c, k.request(16), new(payload.Payload)); err == nil {
		k.Error("Echo after the Server's Close: got no error, want one")
	}
}

func (k *kit) serverCloseInFlight() {
	const callers = 8
	srv := k.listen()
	clients := k.dialAll(srv.Addr(), callers)
	// A client may not notice that its server has closed, so ctx ends its calls.
	ctx := k.shortContext()
	var closed atomic.Bool
	answered, done := make(chan struct{}, callers), make(chan error, callers)
	for i := range callers {
		go func() { done <- k.echoUntilClosed(ctx, clients[i%len(clients)], &closed, answered) }()
	}
	for range callers {
		k.within("Echo before the Server's Close", func() error {
			select {
			case <-answered:
			case <-ctx.Done():
			}
			return nil
		})
	}
	k.closeServer(srv)
	closed.Store(true)
	for range callers {
		if err := k.within("Echo during the Server's Close", func() error { return <-done }); err != nil {
			k.Error(err)
		}
	}
}

// echoUntilClosed calls Echo until a call fails, as calls do once the server is
// closed, and sends to answered after the first answer. It returns an error if an
// answer is wrong, or if it is the answer to a call that began after the Close.
func (k *kit) echoUntilClosed(ctx context.Context, c echo.Client, closed *atomic.Bool, answered chan<- struct{}) error {
	for n := 0; ; n++ {
		afterClose := closed.Load()
		req, reply := k.request(1024), new(payload.Payload)
		if c.Echo(ctx, req, reply) != nil {
			return nil
		}
		if err := checkReply(req, reply); err != nil {
			return err
		}
		if afterClose {
			return errors.New("the Server answered an Echo that began after its Close")
		}
		if n == 0 {
			answered <- struct{}{}
		}
	}
}

func (k *kit) serverCloseStalled() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := k.proxied()
	calls := k.stall(ctx, l, 1)
	k.closeServer(l.server)
	cancel()
	if err := k.wait("Echo over a stalled network, after its Server's Close and the end of its context", calls[0]); err == nil {
		k.Error("Echo over a stalled network, after its Server's Close and the end of its context: got no error, want one")
	}
}

func (k *kit) serverRestart() {
	srv := k.listen()
	addr := srv.Addr()
	old := k.dial(addr)
	k.mustEcho(old, k.request(16))
	k.closeServer(srv)
	if _, err := k.tryListen(addr); err != nil {
		k.Fatalf("Listen(%q) immediately after the Close of the Server there: %v", addr, err)
	}
	k.mustEcho(k.dial(addr), k.request(16))
	for range 3 {
		k.mayEcho(old)
	}
	k.mustEcho(k.dial(addr), k.request(16))
}
