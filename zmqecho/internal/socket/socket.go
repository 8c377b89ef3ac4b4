//go:build cgo && !nozmq

// Package socket opens ZeroMQ sockets with the options of package zmqecho, and
// connects them so that a lost connection is noticed.
package socket

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/payload"
)

const (
	// RequestsHWM is how many whole requests libzmq queues for a connection of a
	// server (its high-water mark). Further requests wait in TCP's buffers, and then
	// in the client.
	RequestsHWM = 64

	// RepliesHWM is how many replies libzmq queues for a connection of a server, which
	// drops further replies. Clients queue as many requests and as many replies, although
	// a REQ socket has only one of them: with a lower mark libzmq would more often wake a
	// call only to say that there is room again.
	RepliesHWM = 1024

	// minWireLimit lets the handshake through, which ZMQ_MAXMSGSIZE also bounds.
	minWireLimit = 512

	// curveOverhead is an upper bound on what CURVE adds to a message part: the
	// command's name, a nonce, flags and an authenticator take 33 bytes
	// (rfc.zeromq.org/spec/26).
	curveOverhead = 64
)

// SetOptions sets the options that the network-facing sockets of both ends have in
// common. limit is the largest len(Data).
func SetOptions(s *zmq4.Socket, limit payload.Size, curve, ipv6 bool, sendHWM, receiveHWM int) error {
	wire := int64(limit) + payload.Overhead
	if curve {
		wire += curveOverhead
	}
	return errors.Join(
		s.SetLinger(0), // by default, Term waits for unsent messages without a limit
		s.SetMaxmsgsize(max(wire, minWireLimit)),
		s.SetSndhwm(sendHWM),
		s.SetRcvhwm(receiveHWM),
		s.SetIpv6(ipv6),
	)
}

// Endpoint converts host:port to an endpoint of libzmq. It looks up the host's
// name, because libzmq does not do so to bind, and does so without a context to
// connect.
func Endpoint(ctx context.Context, addr string) (endpoint string, ipv6 bool, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", false, err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ip, err := lookUp(ctx, host)
	if err != nil {
		return "", false, err
	}
	return "tcp://" + net.JoinHostPort(ip.String(), port), ip.Is6(), nil
}

// lookUp returns an address of host, an IPv4 address if there is one.
func lookUp(ctx context.Context, host string) (best netip.Addr, err error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap(), nil // LookupNetIP would return 0.0.0.0 as well for ::
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if ctx.Err() != nil {
		return best, ctx.Err()
	}
	for _, ip := range ips {
		if ip = ip.Unmap(); !best.IsValid() || ip.Is4() && !best.Is4() {
			best = ip
		}
	}
	return best, err
}

// Address returns the host:port of an endpoint.
func Address(endpoint string) string { return strings.TrimPrefix(endpoint, "tcp://") }

// SystemError makes an error of libzmq that stands for a system error match that
// error, such as syscall.EADDRINUSE.
func SystemError(err error) error {
	const firstOwn = 156384712 // ZMQ_HAUSNUMERO, where libzmq's own error numbers begin
	if errno := zmq4.AsErrno(err); errno != 0 && errno < firstOwn {
		return syscall.Errno(errno)
	}
	return err
}

// Again reports whether a call of libzmq failed only because it could not complete
// yet.
func Again(err error) bool {
	errno := zmq4.AsErrno(err)
	return errno == zmq4.Errno(syscall.EAGAIN) || errno == zmq4.Errno(syscall.EINTR)
}
