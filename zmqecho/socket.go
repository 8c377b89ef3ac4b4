//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/payload"
)

const (
	// ioThreads is the number of I/O threads of each context, which is libzmq's
	// default.
	ioThreads = 1

	// maxSockets bounds the sockets of the clients' context, in which a Client takes
	// three: its own and the two ends of its monitor. libzmq's default is 1023.
	maxSockets = 16384

	// requestsHWM is how many whole requests libzmq queues for a connection of a
	// server (its high-water mark). Further requests wait in TCP's buffers, and then
	// in the client.
	requestsHWM = 64

	// answersHWM is how many answers libzmq queues for a connection of a server,
	// which drops further answers. A DEALER socket uses it for requests and for
	// answers. libzmq learns that there is room again only after every half as many
	// messages, so that a window never fills the queue.
	answersHWM = 2 * window

	// minWireLimit lets the handshake through, which ZMQ_MAXMSGSIZE also bounds.
	minWireLimit = 512
)

// setOptions sets the options that the network-facing sockets of both ends have in
// common.
func setOptions(s *zmq4.Socket, limit payload.Size, curve, ipv6 bool, sendHWM, receiveHWM int) error {
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

// newContext returns a context for up to the given number of sockets.
func newContext(sockets int) (*zmq4.Context, error) {
	z, err := zmq4.NewContext()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(z.SetIoThreads(ioThreads), z.SetMaxSockets(sockets)); err != nil {
		z.Term()
		return nil, err
	}
	return z, nil
}

// A sharedContext is the ZeroMQ context of all open Clients of a Transport. It
// exists from the Dial of the first Client until the Close of the last one.
type sharedContext struct {
	mu       sync.Mutex
	context  *zmq4.Context
	users    int
	monitors atomic.Uint64 // makes the names of the monitors unique
}

// acquire returns the context, for one more user.
func (s *sharedContext) acquire() (*zmq4.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		z, err := newContext(maxSockets)
		if err != nil {
			return nil, err
		}
		s.context = z
	}
	s.users++
	return s.context, nil
}

// release undoes one acquire. The user must have closed its sockets.
func (s *sharedContext) release() error {
	s.mu.Lock()
	s.users--
	last, z := s.users == 0, s.context
	s.mu.Unlock()
	if !last {
		return nil
	}
	return z.Term() // also waits for the connections of the sockets
}

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

// systemError makes an error of libzmq that stands for a system error match that
// error, such as syscall.EADDRINUSE.
func systemError(err error) error {
	const firstOwn = 156384712 // ZMQ_HAUSNUMERO, where libzmq's own error numbers begin
	if errno := zmq4.AsErrno(err); errno != 0 && errno < firstOwn {
		return syscall.Errno(errno)
	}
	return err
}

// again reports whether a call of libzmq failed only because it could not complete
// yet.
func again(err error) bool {
	errno := zmq4.AsErrno(err)
	return errno == zmq4.Errno(syscall.EAGAIN) || errno == zmq4.Errno(syscall.EINTR)
}
