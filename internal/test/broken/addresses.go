package broken

import (
	"errors"
	"strings"

	"github.com/echobench/echobench/echo"
)

func addressFaults() []Fault {
	return []Fault{
		{Name: "listens on another address", Checks: []string{"AddressInUse", "BadAddress"}, Transport: &transport{listen: listenAnywhere}},
		{Name: "listens on another loopback address as well", Checks: []string{"Loopback"}, Alone: true, Transport: listensTwice()},
		{Name: "listens on IPv4 only", Checks: []string{"IPv6"}, Transport: &transport{listen: func(addr string) (echo.Server, error) {
			return healthy.Listen(strings.NewReplacer("[::1]:", "127.0.0.1:", "[::]:", "127.0.0.1:").Replace(addr))
		}}},
		{Name: "listens on all interfaces", Checks: []string{"Loopback"}, Transport: listensOnAllInterfaces()},
	}
}

// listenAnywhere listens on a free port if it cannot listen on addr.
func listenAnywhere(addr string) (echo.Server, error) {
	srv, err := healthy.Listen(addr)
	if err != nil {
		return healthy.Listen("")
	}
	return srv, nil
}

// listensTwice returns a transport whose Servers say that they listen on 127.0.0.1, and
// also listen on 127.0.0.2.
func listensTwice() echo.Transport {
	const first, second = "127.0.0.1:", "127.0.0.2:"
	return &transport{server: func(next echo.Server) echo.Server {
		other, err := healthy.Listen(strings.Replace(next.Addr(), first, second, 1))
		if err != nil {
			return next
		}
		return &server{next: next, close: func() error { return errors.Join(other.Close(), next.Close()) }}
	}}
}

// listensOnAllInterfaces returns a transport whose Servers report that they
// listen on all interfaces. In fact they listen on the loopback interface, so
// that the tests open no port to the network.
func listensOnAllInterfaces() echo.Transport {
	const loopback, all = "127.0.0.1:", "0.0.0.0:"
	return &transport{
		listen: func(addr string) (echo.Server, error) {
			return healthy.Listen(strings.Replace(addr, all, loopback, 1))
		},
		server: func(next echo.Server) echo.Server {
			return &server{next: next, addr: func() string { return strings.Replace(next.Addr(), loopback, all, 1) }}
		},
	}
}
