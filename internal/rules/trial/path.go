package trial

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/internal/rules/proxy"
	"github.com/echobench/echobench/payload"
)

// A path says whether a proxy can stand between the two ends of a transport. All
// checks of a transport share it, so that this is tried only once.
type path struct {
	tried    bool
	network  string
	none     string // why no proxy is possible; empty if one is
	err      error  // why an Echo through a proxy failed, although one is possible
	reported bool   // err has failed a check

	announced bool  // AllocatesTooMuch has been called
	tooMuch   error // what AllocatesTooMuch has returned
}

// findPath finds out whether a proxy can stand between the two ends.
func (t *Trial) findPath() *path {
	p := t.path
	if p.tried {
		return p
	}
	p.tried = true
	p.network = contract.Describe(t.Transport, 1).Network
	switch p.network {
	case "tcp", "udp", "unix":
		p.err = t.tryPath()
	default:
		p.none = fmt.Sprintf("the check needs a proxy between the two ends, which is possible over tcp, udp and unix, but the transport's Network is %q", p.network)
	}
	return p
}

// tryPath makes one Echo through a proxy.
func (t *Trial) tryPath() error {
	t.Helper()
	srv := t.Listen()
	p := t.StartProxy(srv.Addr())
	c, err := t.TryDial(t.LongContext(), p.Addr())
	if err != nil {
		return fmt.Errorf("Dial: %w", err)
	}
	if err := t.Echo(t.LongContext(), c, t.Request(4096), new(payload.Payload)); err != nil {
		return err
	}
	if p.Sent() == 0 {
		return fmt.Errorf("nothing was sent to the proxy at %s", p.Addr())
	}
	return nil
}

// NeedProxy fails the check if the two ends cannot be connected through a proxy
// although the transport's Network allows it. In the checks that follow the first
// such failure, and if the Network does not allow it, NeedProxy skips the check.
func (t *Trial) NeedProxy() {
	t.Helper()
	p := t.findPath()
	switch {
	case p.none != "":
		t.Skipf("%s", p.none)
	case p.err != nil && p.reported:
		t.Skipf("the check needs a proxy between the two ends, and the first check that needed one has failed")
	case p.err != nil:
		p.reported = true
		t.Fatalf("the transport says that it uses %s (Description.Network), but an Echo through a proxy for %[1]s failed: %v", p.network, p.err)
	}
}

// A Proxy stands in front of a server.
type Proxy struct {
	*proxy.Proxy
	addr string
}

// Addr returns the address to dial: that of the server, with the proxy's host and
// port in place of the server's.
func (p Proxy) Addr() string { return p.addr }

// StartProxy starts a proxy in front of the server at addr, which is closed when
// the check ends.
func (t *Trial) StartProxy(addr string) Proxy {
	t.Helper()
	return t.startProxy(addr, t.endpoint(addr))
}

// StartSilent starts a proxy that accepts connections and never answers. Its
// address looks like addr.
func (t *Trial) StartSilent(addr string) Proxy {
	t.Helper()
	return t.startProxy(addr, "")
}

func (t *Trial) startProxy(addr, backend string) Proxy {
	t.Helper()
	p, err := proxy.StartNetwork(t.findPath().network, backend)
	if err != nil {
		t.Fatal(machineError{err})
	}
	t.check.add(p)
	t.Cleanup(func() { p.Close() })
	return Proxy{p, strings.Replace(addr, t.endpoint(addr), p.Addr(), 1)}
}

var hostPort = regexp.MustCompile(`(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+`)

// endpoint returns the part of a server's address that package net understands.
// The address may contain more, such as a key.
func (t *Trial) endpoint(addr string) string {
	if found := hostPort.FindString(addr); found != "" && t.findPath().network != "unix" {
		return found
	}
	return addr
}

// DialRaw connects to the server at addr without the transport. The connection is
// closed when the check ends.
func (t *Trial) DialRaw(addr string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout(t.findPath().network, t.endpoint(addr), t.Hang())
	if err != nil {
		t.Fatalf("connecting to the address of a Server: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// LongestStream returns what was sent on the connection through p that has carried
// most, but not more than 64 KiB.
func (t *Trial) LongestStream(p Proxy) []byte {
	return slices.MaxFunc(p.Streams(), func(a, b []byte) int { return len(a) - len(b) })
}

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
