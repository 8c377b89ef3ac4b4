//go:build cgo && !nozmq && unix

package zmqecho

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/pebbe/zmq4"
)

// canPoll reports whether Go's poller can wait for ZeroMQ sockets on this system.
const canPoll = true

// A descriptor is the ZMQ_FD of a socket in Go's poller, so that waiting for the
// socket blocks a goroutine but no thread. libzmq makes it readable once whenever
// the socket may have changed. A goroutine that was woken must therefore use the
// socket until libzmq returns EAGAIN.
type descriptor struct {
	file *os.File
	raw  syscall.RawConn
}

func newDescriptor(s *zmq4.Socket) (*descriptor, error) {
	fd, err := s.GetFd()
	if err != nil {
		return nil, err
	}
	// Use a copy, since both Go and libzmq close their descriptor.
	syscall.ForkLock.RLock()
	duplicate, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(duplicate)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	d := &descriptor{file: os.NewFile(uintptr(duplicate), "zmq")}
	if d.raw, err = d.file.SyscallConn(); err == nil {
		err = d.file.SetReadDeadline(time.Time{}) // fails if Go cannot poll it
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// notify calls wake whenever the socket may have changed. It returns when d is
// closed.
func (d *descriptor) notify(wake func()) {
	d.raw.Read(func(uintptr) bool {
		wake()
		return false
	})
}

func (d *descriptor) close() { d.file.Close() }

// A poller receives from a REQ socket that Go polls.
type poller struct {
	*descriptor
	wake   time.Time // when a wait ends at the latest
	try    func(uintptr) bool
	answer []byte
	err    error
}

func newPoller(s *zmq4.Socket) (*poller, error) {
	d, err := newDescriptor(s)
	if err != nil {
		return nil, err
	}
	p := &poller{descriptor: d}
	p.try = func(uintptr) bool {
		p.answer, p.err = s.RecvBytes(zmq4.DONTWAIT)
		return !again(p.err)
	}
	if err := p.wakeAt(time.Now().Add(slice)); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// receive does what [conn.receive] does. Setting a deadline of the poller costs as
// much as a system call, so the deadline stays in force from call to call. A call
// may therefore wait for less than a slice.
func (p *poller) receive(deadline time.Time) ([]byte, error) {
	if !deadline.IsZero() && deadline.Before(p.wake) {
		if err := p.wakeAt(deadline); err != nil {
			return nil, err
		}
	}
	err := p.raw.Read(p.try)
	if err == nil {
		return p.answer, p.err
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, err
	}
	if err := p.wakeAt(time.Now().Add(timeout(deadline))); err != nil {
		return nil, err
	}
	return nil, zmq4.Errno(syscall.EAGAIN)
}

func (p *poller) wakeAt(t time.Time) error {
	p.wake = t
	return p.file.SetReadDeadline(t)
}
