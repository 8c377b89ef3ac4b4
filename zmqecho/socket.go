//go:build cgo && !nozmq

package zmqecho

import (
	"errors"
	"syscall"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/payload"
)

const (
	// window is how many requests a DEALER socket has in flight; further requests
	// wait.
	window = 512

	// hwm is how many whole requests libzmq queues for a connection of a server
	// (its high-water mark). Further requests wait in TCP's buffers, and then in the
	// client.
	hwm = 64

	// answersHWM is how many answers libzmq queues for a connection of a server,
	// which drops further answers. A DEALER socket uses it for requests and for
	// answers. libzmq learns that there is room again only after every half as many
	// messages, so that a window never fills the queue.
	answersHWM = 2 * window

	// backlog lets 500 clients connect at the same time; libzmq's default is 100.
	backlog = 1024

	// minWireLimit lets the handshake through, which ZMQ_MAXMSGSIZE also bounds.
	minWireLimit = 512

	// slice is how long a call waits in libzmq before it looks at its context.
	slice = 50 * time.Millisecond

	// patience is how long a call waits before it sends its request again. It then
	// waits twice as long each time. It is far longer than an answer takes, since
	// the second request adds load.
	patience = 2 * time.Second
)

// setLimits sets the options that the network-facing sockets of both ends have in
// common.
func setLimits(s *zmq4.Socket, limit payload.Size, curve, ipv6 bool, sendHWM, receiveHWM int) error {
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
