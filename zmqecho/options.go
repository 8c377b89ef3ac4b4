//go:build cgo && !nozmq

package zmqecho

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/echobench/echobench/payload"
	"github.com/pebbe/zmq4"
)

const (
	// ioThreads is ZeroMQ's default, of each context.
	ioThreads = 1

	// maxSockets is of the clients' context, where a Client takes three: its REQ
	// and the two ends of its monitor. libzmq's default is 1023.
	maxSockets = 16384

	// window is how many requests a DEALER has in flight; more wait.
	window = 512

	// hwm is how many whole requests libzmq queues for a server's connection. What
	// is more waits in TCP's buffers, and then in the client.
	hwm = 64

	// answersHWM is the same for answers, of which a server drops what is more, and
	// for both in a DEALER. libzmq learns only of every half as many that there is
	// room again, so a window never fills it.
	answersHWM = 2 * window

	// backlog lets 500 clients connect at once; libzmq's default is 100.
	backlog = 1024

	// minWireLimit lets the handshake through, which ZMQ_MAXMSGSIZE bounds, too.
	minWireLimit = 512

	// slice is how long a wait in libzmq lasts before it looks at its context.
	slice = 50 * time.Millisecond

	// patience is how long a call waits before it asks again, and then twice as
	// long each time. It is far more than an answer takes, since the second request
	// is work, too.
	patience = 2 * time.Second
)

// unavailable says why libzmq can't be used, if it can't.
func (t *Transport) unavailable() error {
	if major, minor, patch := zmq4.Version(); major == 4 && minor < 3 {
		return fmt.Errorf("zmqecho: libzmq %d.%d.%d is too old, want 4.3 or newer: %w", major, minor, patch, errors.ErrUnsupported)
	}
	if t.Curve && !zmq4.HasCurve() {
		return fmt.Errorf("zmqecho: this libzmq was built without CURVE: %w", errors.ErrUnsupported)
	}
	if (t.Conns > 0 || t.Poll) && !canPoll {
		return fmt.Errorf("zmqecho: sockets polled by Go, as Conns and Poll need, on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	}
	return nil // any other trouble with the version is NewContext's to report
}

// files is how many descriptors both ends have open.
//
// Each context has five: its termination mailbox, and a mailbox and an epoll
// each for its I/O thread and its reaper; zmq4's default context, never used,
// has one. Each socket has a mailbox, each connection two ends.
func (t *Transport) files(clients int) int {
	const contexts, listener, frontend = 2*5 + 1, 1, 1
	client := 3 + 2
	switch {
	case t.Conns > 0:
		client += 2 // what Go polls
	case t.Poll:
		client++
	}
	files := contexts + listener + frontend + clients*client
	if t.Workers > 0 {
		files += 1 + t.Workers // the DEALER and its workers
	}
	if t.Workers > 0 && t.WorkersIPC {
		files += listener + 2*t.Workers
	}
	return files
}

func (t *Transport) settings(clients int, limit payload.Size) string {
	connections := "REQ clients with one connection each that block a thread each"
	switch {
	case t.Conns > 0:
		connections = fmt.Sprintf("DEALER clients shared by the workers %d, with one connection each and up to %d requests in flight, polled by Go", clients, window)
	case t.Poll:
		connections = "REQ clients with one connection each, polled by Go"
	}
	server := "REP server"
	if t.Workers > 0 {
		server = fmt.Sprintf("ROUTER-DEALER proxy to %d REP workers over %s", t.Workers, t.backend())
	}
	security := "no encryption"
	if t.Curve {
		security = "CURVE, clients not authenticated"
	}
	major, minor, patch := zmq4.Version()
	return fmt.Sprintf("libzmq %d.%d.%d, %s, %s, a context with %d I/O thread at each end, max sockets %d, HWM %d requests and %d answers, linger 0, "+
		"backlog %d, NODELAY on, %s, no compression, no timeout, no reconnecting by libzmq, context looked at every %v, request sent again after %v, max size %v",
		major, minor, patch, connections, server, ioThreads, maxSockets, hwm, answersHWM, backlog, security, slice, patience, limit)
}

// newContext makes a context for up to sockets sockets.
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

// setLimits sets what the network-facing sockets of both ends have in common.
func setLimits(s *zmq4.Socket, limit payload.Size, curve, ipv6 bool, sendHWM, receiveHWM int) error {
	wire := int64(limit) + payload.Overhead
	if curve {
		wire += curveOverhead
	}
	return errors.Join(
		s.SetLinger(0), // the default waits for ever
		s.SetMaxmsgsize(max(wire, minWireLimit)),
		s.SetSndhwm(sendHWM),
		s.SetRcvhwm(receiveHWM),
		s.SetIpv6(ipv6),
	)
}

// endpoint makes host:port what libzmq takes. libzmq does not look up a name to
// bind, and would do so without a context to connect.
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

// address is endpoint's reverse.
func address(endpoint string) string { return strings.TrimPrefix(endpoint, "tcp://") }

// systemError makes an error of libzmq match the syscall's, such as
// syscall.EADDRINUSE, where it is one.
func systemError(err error) error {
	const firstOwn = 156384712 // ZMQ_HAUSNUMERO: libzmq's own begin here
	if errno := zmq4.AsErrno(err); errno != 0 && errno < firstOwn {
		return syscall.Errno(errno)
	}
	return err
}

// again says that libzmq's answer to a call was "not yet".
func again(err error) bool {
	errno := zmq4.AsErrno(err)
	return errno == zmq4.Errno(syscall.EAGAIN) || errno == zmq4.Errno(syscall.EINTR)
}
