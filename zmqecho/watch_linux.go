//go:build cgo && !nozmq

package zmqecho

import (
	"fmt"
	"math"
	"net/netip"
	"time"
	"unsafe"

	"github.com/pebbe/zmq4"
	"golang.org/x/sys/unix"
)

// canWatch reports whether a server bounds what each of its connections holds.
const canWatch = true

const (
	// watchEvery is how often a watcher looks at its connections, if there are at
	// most 100.
	watchEvery = 10 * time.Millisecond

	// reserve is how many descriptors the connections of a server leave free.
	reserve = 8

	// watchFiles is how many descriptors a watcher needs: those of a monitor's two
	// sockets, of a spare, and the free ones.
	watchFiles = 2 + 2 + reserve
)

// A watcher ends the connections of a server that hold too much, and those that are
// accepted when few descriptors are left.
//
// libzmq bounds its queues by a number of messages and not of bytes, and does not
// bound the parts of a message that has not arrived completely. But an answer has as
// many bytes as its request. TCP's counters of a connection therefore tell how much
// the server holds: what it has received, less what the client has acknowledged.
//
// When no descriptor is left, libzmq tries to accept the next connection again and
// again. A watcher makes sure that there is one soon.
type watcher struct {
	events  *zmq4.Socket // receives the events of the server's socket
	spare   *spare
	limit   int64  // bytes that a connection may hold
	port    uint16 // of the server
	conns   map[int]*watched
	checked time.Time    // when the connections were checked last
	info    unix.TCPInfo // used by check
}

// A watched is one connection. Its key in conns is its descriptor, which belongs to
// libzmq.
type watched struct {
	client netip.AddrPort // for recognizing the connection
	least  int64          // the smallest number of bytes without an answer so far
}

// watch monitors a socket that will be bound.
func (s *server) watch(socket *zmq4.Socket) (*watcher, error) {
	spare, err := newSpare()
	if err != nil {
		return nil, fmt.Errorf("open spare descriptors: %w", err)
	}
	events, err := monitor(socket, s.context, "inproc://server-monitor", zmq4.EVENT_ACCEPTED|zmq4.EVENT_CLOSED|zmq4.EVENT_DISCONNECTED)
	if err != nil {
		spare.close()
		return nil, fmt.Errorf("monitor the socket: %w", err)
	}
	return &watcher{events: events, spare: spare, limit: int64(s.held), conns: map[int]*watched{}}, nil
}

// close releases what the watcher uses. It is called when run returns, or instead of
// run.
func (w *watcher) close() {
	w.events.Close()
	w.spare.close()
}

// run watches until the context is terminated, which the server does after it has
// closed the channel.
func (w *watcher) run(closing <-chan struct{}, port uint16) {
	defer w.close()
	w.port = port
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			for w.next(zmq4.DONTWAIT) {
			}
			if now.Sub(w.checked) >= w.interval() {
				w.checked = now
				w.check()
			}
		case <-closing:
			for w.next(0) {
			}
			return
		}
	}
}

// interval returns how long to wait at least between two checks. It grows with the
// number of connections, so that checking them takes a small part of a processor.
func (w *watcher) interval() time.Duration {
	return time.Duration(len(w.conns)) * 100 * time.Microsecond
}

// next receives an event. It returns false if there is none or, without DONTWAIT, if
// the context was terminated.
func (w *watcher) next(flags zmq4.Flag) bool {
	event, _, fd, err := w.events.RecvEvent(flags)
	if err != nil {
		return flags == 0 && again(err)
	}
	delete(w.conns, fd)
	if event == zmq4.EVENT_ACCEPTED {
		w.add(fd)
	}
	return true
}

// add watches a connection, or ends it if few descriptors are left. By the time of
// its event, libzmq may have closed the descriptor, and something else may have it.
func (w *watcher) add(fd int) {
	if server, err := unix.Getsockname(fd); err != nil || addrPort(server).Port() != w.port {
		return
	}
	client, err := unix.Getpeername(fd)
	if err != nil {
		return
	}
	c := &watched{client: addrPort(client)}
	w.conns[fd] = c
	if fd >= descriptors()-reserve {
		w.end(fd, c)
	}
}

// descriptors returns the limit on the numbers of descriptors. A new one has the
// smallest free number.
func descriptors() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxInt
	}
	return int(min(limit.Cur, math.MaxInt32))
}

// check ends the connections that hold too much.
func (w *watcher) check() {
	for fd, c := range w.conns {
		if tcpInfo(fd, &w.info) != nil {
			delete(w.conns, fd)
			continue
		}
		// An answer is longer than its request if that has no timestamp, so that the
		// number may become negative.
		held := int64(w.info.Bytes_received) - int64(w.info.Bytes_acked)
		c.least = min(c.least, held)
		if held-c.least > w.limit {
			w.end(fd, c)
		}
	}
}

// tcpInfo is unix.GetsockoptTCPInfo without an allocation.
func tcpInfo(fd int, info *unix.TCPInfo) error {
	size := uint32(unix.SizeofTCPInfo)
	if _, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(info)), uintptr(unsafe.Pointer(&size)), 0); errno != 0 {
		return errno
	}
	return nil
}

// end ends a connection.
func (w *watcher) end(fd int, c *watched) {
	w.spare.shutDown(fd, c.client)
	delete(w.conns, fd)
}
