package echotest

import (
	"context"
	"errors"

	"github.com/echobench/echobench/payload"
)

func (k *kit) contextBefore() {
	c := k.dial(k.listen().Addr())
	expired := k.timeout(-1)
	for _, ctx := range []context.Context{cancelled(), expired} {
		if err := k.echo(ctx, c, k.request(16), new(payload.Payload)); !errors.Is(err, ctx.Err()) {
			k.Errorf("Echo with a context that has ended: error %v, want one that matches %v", err, ctx.Err())
		}
		k.mayEcho(c)
	}
}

func (k *kit) cancelInFlight() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := k.proxied()
	calls := k.stall(ctx, l, 1)
	cancel()
	k.endsWith(context.Canceled, calls[0])
	l.proxy.Release()
	for range 3 {
		k.mayEcho(l.client)
	}
}

func (k *kit) deadlineInFlight() {
	l := k.proxied()
	l.proxy.Hold()
	k.endsWith(context.DeadlineExceeded, k.start(k.expiringContext(), l.client, 16))
	l.proxy.Release()
	for range 3 {
		k.mayEcho(l.client)
	}
}

func (k *kit) silentServer() {
	k.proxied() // skips the check if the transport does not use TCP
	p := k.startProxy("")
	// Dial succeeds or fails, depending on whether the protocol has a handshake.
	c, err := k.tryDial(k.expiringContext(), p.Addr())
	if err != nil {
		return
	}
	k.endsWith(context.DeadlineExceeded, k.start(k.expiringContext(), c, 16))
	if c, err = k.tryDial(k.expiringContext(), p.Addr()); err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := p.Sent()
	call := k.start(ctx, c, 16)
	if err := p.AwaitSent(k.shortContext(), before+1); err != nil {
		k.Logf("the call is cancelled before the proxy has received anything: %v", err)
	}
	cancel()
	k.endsWith(context.Canceled, call)
}

// endsWith checks that a call that gets no answer ends with the error of its
// context, which has ended or is about to.
func (k *kit) endsWith(want error, call *call) {
	k.Helper()
	err := k.wait("Echo without an answer, after the end of its context", call)
	if !errors.Is(err, want) {
		k.Errorf("Echo without an answer: error %v, want one that matches %v", err, want)
	}
	clear(call.req.Data) // the race detector reports a transport that still reads it
}
