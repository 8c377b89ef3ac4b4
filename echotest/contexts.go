package echotest

import (
	"context"
	"errors"
	"time"

	"github.com/echobench/echobench/internal/rules/trial"
	"github.com/echobench/echobench/payload"
)

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
