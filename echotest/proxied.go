package echotest

import (
	"context"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/proxy"
)

// A link is a client that is connected to a server through a proxy.
type link struct {
	server echo.Server
	proxy  *proxy.Proxy
	client echo.Client
}

// proxied returns a link that has carried one Echo, and that is closed when the
// check ends. It skips the check if the transport does not send its data to the
// TCP port that it dials.
func (k *kit) proxied() link {
	k.Helper()
	srv := k.listen()
	p := k.startProxy(srv.Addr())
	c, err := k.tryDial(k.longContext(), p.Addr())
	if err != nil {
		k.Skipf("the check needs a transport over TCP, and Dial to a TCP proxy in front of %s failed: %v", srv.Addr(), err)
	}
	k.mustEcho(c, k.request(16))
	if p.Sent() == 0 {
		k.Skip("the check needs a transport over TCP, and Echo sent nothing to the TCP port that was dialed")
	}
	return link{srv, p, c}
}

// startProxy starts a proxy in front of backend, which is closed when the check
// ends.
func (k *kit) startProxy(backend string) *proxy.Proxy {
	k.Helper()
	p, err := proxy.Start(backend)
	if err != nil {
		k.Fatal(err)
	}
	k.Cleanup(func() { p.Close() })
	return p
}

// stall stops all traffic on l and then starts n calls, which stay in flight
// until the traffic is released.
func (k *kit) stall(ctx context.Context, l link, n int) []*call {
	k.Helper()
	l.proxy.Hold()
	before := l.proxy.Sent()
	calls := make([]*call, n)
	for i := range calls {
		calls[i] = k.start(ctx, l.client, 4096)
	}
	// Wait for only one request: a shared connection may send one at a time.
	if err := l.proxy.AwaitSent(k.shortContext(), before+len(calls[0].req.Data)); err != nil {
		k.Logf("the calls have started, but the proxy has not received a whole request yet: %v", err)
	}
	return calls
}
