package echotest

import (
	"net"
	"time"

	"github.com/echobench/echobench/echo"
	"github.com/echobench/echobench/internal/base/contract"
	"github.com/echobench/echobench/payload"
)

func (k *kit) loopback() {
	for _, addr := range []string{"", ":0", "127.0.0.1:0"} {
		srv, err := k.TryListen(addr)
		if err != nil {
			k.Errorf("Listen(%q): %v", addr, err)
			continue
		}
		host, port, err := net.SplitHostPort(srv.Addr())
		if err != nil {
			k.skipNotHostPort(err)
		}
		if ip := net.ParseIP(host); ip == nil || ip.To4() == nil || !ip.IsLoopback() || port == "0" {
			k.Errorf("Listen(%q): Addr() = %q, want 127.0.0.1 and a port other than 0", addr, srv.Addr())
		}
		k.MustEcho(k.Dial(srv.Addr()), k.Request(16))
		k.refusesOthers(addr, srv, port)
	}
}

// refusesOthers checks that srv, which has been started with Listen(addr), cannot be
// reached at the port of other addresses of the machine.
func (k *kit) refusesOthers(addr string, srv echo.Server, port string) {
	k.Helper()
	var reached []string
	for _, ip := range otherIPs() {
		if other := net.JoinHostPort(ip, port); k.reaches(other) {
			reached = append(reached, other)
		}
	}
	if reached == nil {
		return
	}
	k.CloseServer(srv)
	for _, other := range reached {
		if k.reaches(other) {
			k.Logf("a server of another program listens at %s", other)
			continue
		}
		k.Errorf("Listen(%q): Addr() = %q, but the Server can also be reached at %s", addr, srv.Addr(), other)
	}
}

// otherIPs returns addresses of this machine other than 127.0.0.1.
func otherIPs() []string {
	ips := []string{"127.0.0.2", "::1"}
	addrs, _ := net.InterfaceAddrs()
	for _, addr := range addrs {
		if addr, ok := addr.(*net.IPNet); ok && addr.IP.IsGlobalUnicast() {
			ips = append(ips, addr.IP.String())
		}
	}
	return ips
}

// maxReach is how long a connection to another address may take. It is usually made or
// refused at once.
const maxReach = 500 * time.Millisecond

// reaches reports whether a server can be reached at addr. Over TCP a connection is
// enough, and over other networks a client must be answered.
func (k *kit) reaches(addr string) bool {
	if contract.Describe(k.Transport, 1).Network == "tcp" {
		conn, err := net.DialTimeout("tcp", addr, maxReach)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	c, err := k.TryDial(k.ExpiringContext(), addr)
	return err == nil && k.Echo(k.ExpiringContext(), c, k.Request(16), new(payload.Payload)) == nil
}

func (k *kit) ipv6() {
	if _, _, err := net.SplitHostPort(k.Listen().Addr()); err != nil {
		k.skipNotHostPort(err)
	}
	if network := contract.Describe(k.Transport, 1).Network; network != "tcp" && network != "udp" {
		k.Skipf("the transport's Network is %q, want tcp or udp", network)
	}
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		k.Skipf("this machine has no IPv6: %v", err)
	}
	l.Close()
	for _, addr := range []string{"[::1]:0", "[::]:0"} {
		srv, err := k.TryListen(addr)
		if err != nil {
			k.Errorf("Listen(%q): %v", addr, err)
			continue
		}
		_, port, err := net.SplitHostPort(srv.Addr())
		if err != nil || port == "0" {
			k.Errorf("Listen(%q): Addr() = %q, want a host and a port other than 0", addr, srv.Addr())
			continue
		}
		c, err := k.TryDial(k.LongContext(), net.JoinHostPort("::1", port))
		if err != nil {
			k.Errorf("Listen(%q), and then Dial([::1]:%s): %v", addr, port, err)
			continue
		}
		k.MustEcho(c, k.Request(16))
	}
}

func (k *kit) addressInUse() {
	srv := k.Listen()
	if _, err := k.TryListen(srv.Addr()); err == nil {
		k.Errorf("Listen(%q), where a Server already listens: got no error, want one", srv.Addr())
	}
	k.MustEcho(k.Dial(srv.Addr()), k.Request(16))
}

func (k *kit) badAddress() {
	if _, _, err := net.SplitHostPort(k.Listen().Addr()); err != nil {
		k.skipNotHostPort(err)
	}
	for _, addr := range []string{"127.0.0.1", "127.0.0.1:port", "127.0.0.1:-1", "127.0.0.1:65536", "127.0.0.1:1:2"} {
		if srv, err := k.TryListen(addr); err == nil {
			k.Errorf("Listen(%q): got no error and Addr() = %q, want an error", addr, srv.Addr())
		}
	}
}

func (k *kit) skipNotHostPort(err error) {
	k.Helper()
	k.Skipf("the transport's addresses are not host:port: %v", err)
}
