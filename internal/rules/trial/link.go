package trial

import (
	"context"
	"time"

	"github.com/echobench/echobench/echo"
)

// A Link is a client that is connected to a server through a proxy.
type Link struct {
	Server echo.Server
	Proxy  Proxy
	Client echo.Client
}

// Proxied returns a link that has carried one Echo, and that is closed when the
// check ends. It calls NeedProxy.
func (t *Trial) Proxied() Link {
	t.Helper()
	t.NeedProxy()
	srv := t.Listen()
	p := t.StartProxy(srv.Addr())
	c := t.Dial(p.Addr())
	t.MustEcho(c, t.Request(16))
	return Link{srv, p, c}
}

// Stall stops all traffic on l and then starts n calls, which stay in flight
// until the traffic is released.
func (t *Trial) Stall(ctx context.Context, l Link, n int) []*Call {
	t.Helper()
	l.Proxy.Hold()
	before := l.Proxy.Sent()
	calls := make([]*Call, n)
	for i := range calls {
		calls[i] = t.StartCall(ctx, l.Client, 4096)
	}
	// Wait for only one request: a shared connection may send one at a time.
	if err := l.Proxy.AwaitSent(t.Timeout(200*time.Millisecond), before+len(calls[0].Req.Data)); err != nil {
		t.Logf("the calls have started, but the proxy has not received a whole request yet: %v", err)
	}
	return calls
}
