package echotest

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/contract"
	"github.com/echobench/echobench/internal/proxy"
	"github.com/echobench/echobench/payload"
)

// How calls end that can't be answered: by their context, by a Close.

func (k *kit) dialNobody() {
	// The near end of a connection is a port that nobody listens on, and that
	// nobody else is given meanwhile.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		k.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		k.Fatal(err)
	}
	defer conn.Close()
	if _, err := k.tryDial(k.doomed(), conn.LocalAddr().String()); err == nil {
		k.Errorf("Dial(%q): no error", conn.LocalAddr())
	}
}

func (k *kit) dialCancelled() {
	srv := k.listen()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := k.tryDial(ctx, srv.Addr()); err == nil {
		k.Error("Dial with a cancelled context: no error")
	}
}

func (k *kit) dialContext() {
	srv := k.listen()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := k.tryDial(ctx, srv.Addr())
	if err != nil {
		k.Fatalf("Dial: %v", err)
	}
	k.mustEcho(c, k.request(16))
	cancel()
	k.mustEcho(c, k.request(16))
}

func (k *kit) contextBefore() {
	c := k.dial(k.listen().Addr())
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	expired := k.timeout(-1)
	for _, ctx := range []context.Context{cancelled, expired} {
		if err := k.echo(ctx, c, k.request(16), new(payload.Payload)); !errors.Is(err, ctx.Err()) {
			k.Errorf("Echo: error %v, want one that matches %v", err, ctx.Err())
		}
		k.mayEcho(c)
	}
}

func (k *kit) cancelInFlight() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, p, c, calls := k.stalled(ctx, 1)
	cancel()
	k.endedBy(context.Canceled, calls[0])
	p.Release()
	for range 3 {
		k.mayEcho(c)
	}
}

func (k *kit) deadlineInFlight() {
	_, p, c := k.proxied()
	p.Hold()
	k.endedBy(context.DeadlineExceeded, k.start(k.doomed(), c, 16))
	p.Release()
	for range 3 {
		k.mayEcho(c)
	}
}

// endedBy checks that a call without an answer ends with its context.
func (k *kit) endedBy(want error, call *call) {
	k.Helper()
	err := k.result("Echo without an answer, its context being about to end", call)
	if !errors.Is(err, want) {
		k.Errorf("Echo: error %v, want one that matches %v", err, want)
	}
	clear(call.req.Data) // the race detector sees who still reads it
}

func (k *kit) silentServer() {
	k.proxied() // or skip
	p, err := proxy.Start("")
	if err != nil {
		k.Fatal(err)
	}
	k.Cleanup(func() { p.Close() })
	// Whether Dial can fail depends on whether the protocol has a handshake.
	c, err := k.tryDial(k.doomed(), p.Addr())
	if err != nil {
		return
	}
	k.endedBy(context.DeadlineExceeded, k.start(k.doomed(), c, 16))
	if c, err = k.tryDial(k.doomed(), p.Addr()); err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := p.Sent()
	call := k.start(ctx, c, 16)
	if err := p.AwaitSent(k.brief(), before+1); err != nil {
		k.Logf("cancelled before anything was sent: %v", err)
	}
	cancel()
	k.endedBy(context.Canceled, call)
}

func (k *kit) closeTwice() {
	srv := k.listen()
	c := k.dial(srv.Addr())
	k.mustEcho(c, k.request(16))
	for _, which := range []string{"first", "second"} {
		if err := k.closeClient(c); err != nil {
			k.Errorf("%s Close of a Client: %v", which, err)
		}
	}
	for _, which := range []string{"first", "second"} {
		if err := k.closeServer(srv); err != nil {
			k.Errorf("%s Close of a Server: %v", which, err)
		}
	}
}

func (k *kit) echoAfterClose() {
	c := k.dial(k.listen().Addr())
	k.mustEcho(c, k.request(16))
	k.closeClient(c)
	for range 2 {
		if err := k.echo(k.patient(), c, k.request(16), new(payload.Payload)); !errors.Is(err, net.ErrClosed) {
			k.Errorf("Echo after Close: error %v, want one that matches net.ErrClosed", err)
		}
	}
}

func (k *kit) closeInFlight() {
	calls := 1
	if contract.Describe(k.tr, 64).Clients < 64 {
		calls = 8 // a shared client
	}
	_, _, c, started := k.stalled(context.Background(), calls)
	k.closeClient(c)
	for _, call := range started {
		if err := k.result("Echo in flight, its Client having been closed", call); err == nil {
			k.Error("Echo in flight, its Client having been closed: no error")
		}
	}
	if err := k.closeClient(c); err != nil {
		k.Errorf("second Close: %v", err)
	}
	if err := k.echo(k.patient(), c, k.request(16), new(payload.Payload)); !errors.Is(err, net.ErrClosed) {
		k.Errorf("Echo after Close: error %v, want one that matches net.ErrClosed", err)
	}
}

func (k *kit) serverCloseIdle() {
	srv := k.listen()
	c := k.dial(srv.Addr())
	k.mustEcho(c, k.request(16))
	// A port that is no TCP port just fails to be dialed.
	if conn, err := net.Dial("tcp", srv.Addr()); err == nil {
		defer conn.Close()
	}
	if err := k.closeServer(srv); err != nil {
		k.Errorf("Close: %v", err)
	}
	if err := k.echo(k.brief(), c, k.request(16), new(payload.Payload)); err == nil {
		k.Error("Echo after the Server's Close: no error")
	}
}

func (k *kit) serverCloseInFlight() {
	const callers = 8
	srv := k.listen()
	clients := make([]echo.Client, contract.Describe(k.tr, callers).Clients)
	for i := range clients {
		clients[i] = k.dial(srv.Addr())
	}
	// Nobody promises that a call notices by itself; but its context ends it.
	ctx := k.brief()
	var closed atomic.Bool
	begun, done := make(chan struct{}, callers), make(chan error, callers)
	for i := range callers {
		go func() {
			for n := 0; ; n++ {
				late := closed.Load()
				req, reply := k.request(1024), new(payload.Payload)
				if clients[i%len(clients)].Echo(ctx, req, reply) != nil {
					break
				}
				err := answers(req, reply)
				if late && err == nil {
					err = errors.New("a call that began after the Server's Close was answered")
				}
				if err != nil {
					done <- err
					return
				}
				if n == 0 {
					begun <- struct{}{}
				}
			}
			done <- nil
		}()
	}
	for range callers {
		k.within("Echo before the Server's Close", func() error {
			select {
			case <-begun:
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

func (k *kit) serverCloseStalled() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	srv, _, _, calls := k.stalled(ctx, 1)
	k.closeServer(srv)
	cancel()
	if err := k.result("Echo to a closed Server behind a stuck network, its context having ended", calls[0]); err == nil {
		k.Error("Echo to a closed Server behind a stuck network: no error")
	}
}

func (k *kit) serverRestart() {
	srv := k.listen()
	addr := srv.Addr()
	old := k.dial(addr)
	k.mustEcho(old, k.request(16))
	k.closeServer(srv)
	if _, err := k.tryListen(addr); err != nil {
		k.Fatalf("Listen on %s, just closed: %v", addr, err)
	}
	k.mustEcho(k.dial(addr), k.request(16))
	for range 3 {
		k.mayEcho(old)
	}
	k.mustEcho(k.dial(addr), k.request(16))
}
