//go:build cgo && !nozmq && unix

package zmqecho

import (
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/pebbe/zmq4"
)

const canPoll = true

// A descriptor is a socket's ZMQ_FD in Go's poller, so that waiting for the
// socket blocks a goroutine and no thread. libzmq makes it readable whenever the
// socket may have changed, and only then: whoever was woken must use the socket
// until libzmq says EAGAIN.
type descriptor struct {
	file *os.File
	raw  syscall.RawConn
}

func newDescriptor(s *zmq4.Socket) (*descriptor, error) {
	fd, err := s.GetFd()
	if err != nil {
		return nil, err
	}
	// A copy, since Go closes what it polls, and so does libzmq.
	syscall.ForkLock.RLock()
	own, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(own)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	d := &descriptor{file: os.NewFile(uintptr(own), "zmq")}
	if d.raw, err = d.file.SyscallConn(); err == nil {
		err = d.file.SetReadDeadline(time.Time{}) // fails if Go can't poll it
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// notify calls wake whenever the socket may have changed, and returns when d is
// closed.
func (d *descriptor) notify(wake func()) {
	d.raw.Read(func(uintptr) bool {
		wake()
		return false
	})
}

func (d *descriptor) close() { d.file.Close() }

// A poller receives from a REQ that it polls.
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

// receive is conn's. A timer of the poller's costs as much as a system call, so
// it is left running from call to call: a call may wait for less than a slice.
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
