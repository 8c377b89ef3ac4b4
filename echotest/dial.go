package echotest

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/payload"
)

func (k *kit) dialNobody() {
	// The client's end of an open connection has a port on which no server
	// listens, and which the system gives to nobody else meanwhile.
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
	if _, err := k.TryDial(k.ExpiringContext(), conn.LocalAddr().String()); err == nil {
		k.Errorf("Dial(%q), where no server listens: got no error, want one", conn.LocalAddr())
	}
}

func (k *kit) dialCancelled() {
	srv := k.Listen()
	if _, err := k.TryDial(trial.Cancelled(), srv.Addr()); err == nil {
		k.Error("Dial with a cancelled context: got no error, want one")
	}
}

func (k *kit) dialNotKept() {
	k.NeedProxy()
	p := k.StartProxy(k.Listen().Addr())
	p.HangUp()
	k.TryDial(context.Background(), p.Addr()) // may succeed, if it does not wait for a reply
	k.DialWithin(k.ExpiringContext(), p.Addr())
}

func (k *kit) dialContext() {
	srv := k.Listen()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := k.TryDial(ctx, srv.Addr())
	if err != nil {
		k.Fatalf("Dial: %v", err)
	}
	k.MustEcho(c, k.Request(16))
	cancel()
	k.MustEcho(c, k.Request(16))
}

func (k *kit) contextBefore() {
	c := k.Dial(k.Listen().Addr())
	expired := k.Timeout(-1)
	for _, ctx := range []context.Context{trial.Cancelled(), expired} {
		if err := k.Echo(ctx, c, k.Request(16), new(payload.Payload)); !errors.Is(err, ctx.Err()) {
			k.Errorf("Echo with a context that has ended: error %v, want one that matches %v", err, ctx.Err())
		}
		k.MayEcho(c)
	}
}

func (k *kit) silentServer() {
	k.NeedProxy()
	p := k.StartSilent(k.Listen().Addr())
	// Dial succeeds or fails, depending on whether the protocol has a handshake.
	c, err := k.DialWithin(k.ExpiringContext(), p.Addr())
	if err != nil {
		return
	}
	ctx := k.ExpiringContext()
	call := k.StartCall(ctx, c, 16)
	<-ctx.Done()
	k.EndsWith(context.DeadlineExceeded, call, time.Now())
	if c, err = k.DialWithin(k.ExpiringContext(), p.Addr()); err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := p.Sent()
	call = k.StartCall(ctx, c, 16)
	if err := p.AwaitSent(k.ShortContext(), before+1); err != nil {
		k.Logf("the call is cancelled before the proxy has received anything: %v", err)
	}
	cancel()
	k.EndsWith(context.Canceled, call, time.Now())
}
