package echotest

import "net"

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
