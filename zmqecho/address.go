//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// endpoint converts host:port to an endpoint of libzmq. It looks up the host's
// name, because libzmq does not do so to bind, and does so without a context to
// connect.
func endpoint(ctx context.Context, addr string) (endpoint string, ipv6 bool, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", false, err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if ctx.Err() != nil {
		return "", false, ctx.Err()
	}
	if err != nil {
		return "", false, err
	}
	best := netip.Addr{}
	for _, ip := range ips {
		if ip = ip.Unmap(); !best.IsValid() || ip.Is4() && !best.Is4() {
			best = ip
		}
	}
	return "tcp://" + net.JoinHostPort(best.String(), port), best.Is6(), nil
}

// address returns the host:port of an endpoint.
func address(endpoint string) string { return strings.TrimPrefix(endpoint, "tcp://") }
