//go:build cgo && !nozmq && unix

package zmqecho

import (
	"context"
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

// A poller waits for the answers on a REQ socket. The end of a call's context and the
// Client's Close interrupt it, by a read deadline in the past.
type poller struct {
	*descriptor
	conn   *conn
	try    func(uintptr) bool
	woken  bool // the descriptor has become readable since receive was called
	answer []byte
	err    error

	// The poller keeps watching a context from call to call as long as the calls have
	// the same one, because setting this up takes longer than to encode a small message.
	done      <-chan struct{} // of the context that is watched; nil if there is none
	unwatch   func() bool     // ends the watch for this context
	unclosing func() bool     // ends that for Close
}

// fallback is how often a call looks whether its connection is lost in the rare case
// that this has not woken it: libzmq was told of the loss while the call sent its request.
const fallback = time.Second

// newPoller returns a poller of a connection's socket, which the end of closing
// interrupts as well.
func newPoller(c *conn, closing context.Context) (*poller, error) {
	d, err := newDescriptor(c.socket)
	if err != nil {
		return nil, err
	}
	p := &poller{descriptor: d, conn: c}
	p.try = p.tryReceive
	p.waitOn()
	p.unclosing = onEnd(closing, p.interrupt)
	return p, nil
}

// receive returns the next message. It returns an error for which again is true if
// ctx may have ended or the Client may be being closed.
func (p *poller) receive() ([]byte, error) {
	p.woken = false
	err := p.raw.Read(p.try)
	switch {
	case err == nil:
		return p.answer, p.err
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return nil, err
	case p.conn.lost():
		return nil, errLost
	}
	p.waitOn()
	return nil, zmq4.Errno(syscall.EAGAIN)
}

// tryReceive receives a message and reports whether receive is to return. libzmq also
// makes the descriptor readable when the connection ends.
func (p *poller) tryReceive(uintptr) bool {
	p.answer, p.err = p.conn.socket.RecvBytes(zmq4.DONTWAIT)
	if again(p.err) && p.woken && p.conn.lost() {
		p.err = errLost
	}
	p.woken = true
	return !again(p.err)
}

// watch makes the end of ctx interrupt receive, and no other context. The caller must
// look afterwards whether the Client is being closed, as watch may undo an interrupt.
func (p *poller) watch(ctx context.Context) {
	if ctx.Done() == p.done {
		return
	}
	if p.done != nil && p.unwatch() {
		p.waitOn()
	}
	if p.done = ctx.Done(); p.done != nil {
		p.unwatch = onEnd(ctx, p.interrupt)
	}
}

// waitOn undoes an interrupt. The deadline stays in force from call to call, because
// setting it costs as much as a system call.
func (p *poller) waitOn() { p.file.SetReadDeadline(time.Now().Add(fallback)) }

func (p *poller) interrupt() { p.file.SetReadDeadline(time.Unix(1, 0)) }

func (p *poller) close() {
	if p.done != nil {
		p.unwatch()
	}
	p.unclosing()
	p.descriptor.close()
}

// onEnd calls f once ctx has ended. The function that it returns must be called once. It
// makes sure that f is not running and will not be called, and reports whether it was.
func onEnd(ctx context.Context, f func()) (stop func() bool) {
	called := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(called)
		f()
	})
	return func() bool {
		if cancel() {
			return false
		}
		<-called
		return true
	}
}
