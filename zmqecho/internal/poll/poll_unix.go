//go:build cgo && !nozmq && unix

// Package poll waits for ZeroMQ sockets with Go's poller, as Go waits for its own
// sockets, so that waiting blocks a goroutine but no thread.
package poll

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/pebbe/zmq4"

	"github.com/echobench/echobench/zmqecho/internal/socket"
)

// Available reports whether Go's poller can wait for ZeroMQ sockets on this system.
const Available = true

// A Descriptor is the ZMQ_FD of a socket in Go's poller. libzmq makes it readable once
// whenever the socket may have changed. A goroutine that was woken must therefore use
// the socket until libzmq returns EAGAIN.
type Descriptor struct {
	file *os.File
	raw  syscall.RawConn
}

// NewDescriptor returns the Descriptor of a socket.
func NewDescriptor(s *zmq4.Socket) (*Descriptor, error) {
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
	d := &Descriptor{file: os.NewFile(uintptr(duplicate), "zmq")}
	if d.raw, err = d.file.SyscallConn(); err == nil {
		err = d.file.SetReadDeadline(time.Time{}) // fails if Go cannot poll it
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Until calls try, and again whenever the socket may have changed, until try returns
// true or d is closed.
func (d *Descriptor) Until(try func(uintptr) bool) error { return d.raw.Read(try) }

// Close ends Until.
func (d *Descriptor) Close() { d.file.Close() }

// A Receiver receives the replies on a REQ socket. The end of a call's context and the
// Client's Close interrupt it, by a read deadline in the past.
type Receiver struct {
	*Descriptor
	conn    *socket.Conn
	closing context.Context
	try     func(uintptr) bool
	woken   bool // the descriptor has become readable since receive was called
	message []byte
	err     error

	// The Receiver keeps watching a context from call to call as long as the calls have
	// the same one, because setting this up takes longer than to encode a small message.
	done      <-chan struct{} // of the context that is watched; nil if there is none
	unwatch   func() bool     // ends the watch for this context
	unclosing func() bool     // ends that for Close
}

// fallback is how often a call looks whether its connection is lost in the rare case
// that this has not woken it: libzmq was told of the loss while the call sent its request.
const fallback = time.Second

// NewReceiver returns a Receiver for a connection. closing ends when its Client is being
// closed.
func NewReceiver(c *socket.Conn, closing context.Context) (*Receiver, error) {
	d, err := NewDescriptor(c.Socket)
	if err != nil {
		return nil, err
	}
	r := &Receiver{Descriptor: d, conn: c, closing: closing}
	r.try = r.tryReceive
	r.waitOn()
	r.unclosing = onEnd(closing, r.interrupt)
	return r, nil
}

// Receive returns the next message, or an error if the connection is lost or
// socket.Ended says so.
func (r *Receiver) Receive(ctx context.Context) ([]byte, error) {
	r.watch(ctx)
	for {
		if err := socket.Ended(ctx, r.closing); err != nil { // after watch, which may undo an interrupt
			return nil, err
		}
		if message, err := r.receive(); !socket.Again(err) {
			return message, err
		}
	}
}

// receive returns the next message. It returns an error for which socket.Again is true
// if one of the contexts may have ended.
func (r *Receiver) receive() ([]byte, error) {
	r.woken = false
	err := r.Until(r.try)
	switch {
	case err == nil:
		return r.message, r.err
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return nil, err
	case r.conn.Lost():
		return nil, socket.ErrLost
	}
	r.waitOn()
	return nil, zmq4.Errno(syscall.EAGAIN)
}

// tryReceive receives a message and reports whether receive is to return. libzmq also
// makes the descriptor readable when the connection ends.
func (r *Receiver) tryReceive(uintptr) bool {
	r.message, r.err = r.conn.Socket.RecvBytes(zmq4.DONTWAIT)
	if socket.Again(r.err) && r.woken && r.conn.Lost() {
		r.err = socket.ErrLost
	}
	r.woken = true
	return !socket.Again(r.err)
}

// watch makes the end of ctx interrupt receive, and no other context. The caller must
// look afterwards whether the Client is being closed, as watch may undo an interrupt.
func (r *Receiver) watch(ctx context.Context) {
	if ctx.Done() == r.done {
		return
	}
	if r.done != nil && r.unwatch() {
		r.waitOn()
	}
	if r.done = ctx.Done(); r.done != nil {
		r.unwatch = onEnd(ctx, r.interrupt)
	}
}

// waitOn undoes an interrupt. The deadline stays in force from call to call, because
// setting it costs as much as a system call.
func (r *Receiver) waitOn() { r.file.SetReadDeadline(time.Now().Add(fallback)) }

func (r *Receiver) interrupt() { r.file.SetReadDeadline(time.Unix(1, 0)) }

// Close ends the watches. It does not close the connection.
func (r *Receiver) Close() {
	if r.done != nil {
		r.unwatch()
	}
	r.unclosing()
	r.Descriptor.Close()
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
