package echotest

import (
	"context"
	"errors"

	"github.com/echobench/echobench/internal/trial"
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

func (k *kit) cancelInFlight() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := k.Proxied()
	calls := k.Stall(ctx, l, 1)
	cancel()
	k.endsWith(context.Canceled, calls[0])
	l.Proxy.Release()
	for range 3 {
		k.MayEcho(l.Client)
	}
}

func (k *kit) deadlineInFlight() {
	l := k.Proxied()
	l.Proxy.Hold()
	k.endsWith(context.DeadlineExceeded, k.StartCall(k.ExpiringContext(), l.Client, 16))
	l.Proxy.Release()
	for range 3 {
		k.MayEcho(l.Client)
	}
}

func (k *kit) silentServer() {
	k.NeedProxy()
	p := k.StartSilent(k.Listen().Addr())
	// Dial succeeds or fails, depending on whether the protocol has a handshake.
	c, err := k.TryDial(k.ExpiringContext(), p.Addr())
	if err != nil {
		return
	}
	k.endsWith(context.DeadlineExceeded, k.StartCall(k.ExpiringContext(), c, 16))
	if c, err = k.TryDial(k.ExpiringContext(), p.Addr()); err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := p.Sent()
	call := k.StartCall(ctx, c, 16)
	if err := p.AwaitSent(k.ShortContext(), before+1); err != nil {
		k.Logf("the call is cancelled before the proxy has received anything: %v", err)
	}
	cancel()
	k.endsWith(context.Canceled, call)
}

// endsWith checks that a call that gets no answer ends with the error of its
// context, which has ended or is about to.
func (k *kit) endsWith(want error, call *trial.Call) {
	k.Helper()
	err := k.WaitCall("Echo without an answer, after the end of its context", call)
	if !errors.Is(err, want) {
		k.Errorf("Echo without an answer: error %v, want one that matches %v", err, want)
	}
	clear(call.Req.Data) // the race detector reports a transport that still reads it
}
