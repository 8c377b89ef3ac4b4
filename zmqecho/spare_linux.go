//go:build cgo && !nozmq

package zmqecho

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// A spare shuts down connections that belong to libzmq, even if the process has no
// descriptor left.
type spare struct {
	null int // refers to the null device
	copy int // refers to the same, except while a connection is shut down
}

func newSpare() (*spare, error) {
	null, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	second, err := unix.FcntlInt(uintptr(null), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		unix.Close(null)
		return nil, err
	}
	return &spare{null: null, copy: second}, nil
}

// shutDown shuts down the connection with the given client whose descriptor is fd,
// which makes libzmq close it. It does nothing if libzmq has closed fd by now, even if
// something else has got it: it looks at a copy, which nobody else closes.
func (s *spare) shutDown(fd int, client netip.AddrPort) {
	if unix.Dup3(fd, s.copy, unix.O_CLOEXEC) != nil {
		return
	}
	defer unix.Dup3(s.null, s.copy, unix.O_CLOEXEC)
	if peer, err := unix.Getpeername(s.copy); err == nil && addrPort(peer) == client {
		// The client is reset when libzmq closes fd, since otherwise it could wait for a
		// minute for the server to read.
		unix.SetsockoptLinger(s.copy, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		unix.Shutdown(s.copy, unix.SHUT_RDWR)
	}
}

func (s *spare) close() {
	unix.Close(s.copy)
	unix.Close(s.null)
}

func addrPort(addr unix.Sockaddr) netip.AddrPort {
	switch a := addr.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}
