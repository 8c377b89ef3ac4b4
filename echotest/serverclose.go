package echotest

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/payload"
)

func (k *kit) serverCloseIdle() {
	srv := k.Listen()
	c := k.Dial(srv.Addr())
	k.MustEcho(c, k.Request(16))
	// If the transport uses TCP, there is also a connection that sends nothing.
	if conn, err := net.Dial("tcp", srv.Addr()); err == nil {
		defer conn.Close()
	}
	if err := k.CloseServer(srv); err != nil {
		k.Errorf("Close of a Server: %v", err)
	}
	if err := k.Echo(k.ShortContext(), c, k.Request(16), new(payload.Payload)); err == nil {
		k.Error("Echo after the Server's Close: got no error, want one")
	}
}

func (k *kit) serverCloseInFlight() {
	const callers = 8
	srv := k.Listen()
	clients := k.DialAll(srv.Addr(), callers)
	// A client may not notice that its server has closed, so ctx ends its calls.
	ctx := k.ShortContext()
	var closed atomic.Bool
	answered, done := make(chan struct{}, callers), make(chan error, callers)
	for i := range callers {
		go func() { done <- k.echoUntilClosed(ctx, clients[i%len(clients)], &closed, answered) }()
	}
	for range callers {
		k.Within("Echo before the Server's Close", func() error {
			select {
			case <-answered:
			case <-ctx.Done():
			}
			return nil
		})
	}
	k.CloseServer(srv)
	closed.Store(true)
	for range callers {
		if err := k.Within("Echo during the Server's Close", func() error { return <-done }); err != nil {
			k.Error(err)
		}
	}
}

// echoUntilClosed calls Echo until a call fails, as calls do once the server is
// closed, and sends to answered after the first reply. It returns an error if a
// reply is wrong, or if it is the reply to a call that began after the Close.
func (k *kit) echoUntilClosed(ctx context.Context, c echo.Client, closed *atomic.Bool, answered chan<- struct{}) error {
	for n := 0; ; n++ {
		afterClose := closed.Load()
		req, reply := k.Request(1024), new(payload.Payload)
		if c.Echo(ctx, req, reply) != nil {
			return nil
		}
		if err := trial.CheckReply(req, reply); err != nil {
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
	l := k.Proxied()
	calls := k.Stall(ctx, l, 1)
	k.CloseServer(l.Server)
	cancel()
	if err := k.WaitCall("Echo over a stalled network, after its Server's Close and the end of its context", calls[0]); err == nil {
		k.Error("Echo over a stalled network, after its Server's Close and the end of its context: got no error, want one")
	}
}

func (k *kit) serverRestart() {
	srv := k.Listen()
	addr := srv.Addr()
	old := k.Dial(addr)
	k.MustEcho(old, k.Request(16))
	k.CloseServer(srv)
	if _, err := k.TryListen(addr); err != nil {
		k.Fatalf("Listen(%q) immediately after the Close of the Server there: %v", addr, err)
	}
	k.MustEcho(k.Dial(addr), k.Request(16))
	for range 3 {
		k.MayEcho(old)
	}
	k.MustEcho(k.Dial(addr), k.Request(16))
}
