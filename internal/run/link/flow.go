package link

import (
	"context"
	"io"
	"net"
	"sync"
)

// windowSize is how many bytes of one connection are under way in one direction at
// most. It stands for the window that a TCP receiver would announce.
const windowSize = 4 << 20

// A flow is one direction of one connection, between the link and the receiver.
type flow struct {
	mu        sync.Mutex
	changed   sync.Cond
	underway  int      // bytes that were read and not yet written
	arrived   []packet // that have to be written
	abandoned bool
}

func newFlow() *flow {
	f := new(flow)
	f.changed.L = &f.mu
	return f
}

// reserve waits until n more bytes may be under way. It returns false if the flow
// has been abandoned.
func (f *flow) reserve(n int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.underway+n > windowSize && !f.abandoned {
		f.changed.Wait()
	}
	f.underway += n
	return !f.abandoned
}

// arrive hands p to writeTo. It does not wait.
func (f *flow) arrive(p packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.abandoned {
		f.arrived = append(f.arrived, p)
		f.changed.Broadcast()
	}
}

// next waits for packets that have arrived. It returns none if the flow has been
// abandoned. The slice of the previous call, which is passed, is used again.
func (f *flow) next(used []packet) []packet {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.arrived) == 0 && !f.abandoned {
		f.changed.Wait()
	}
	next := f.arrived
	f.arrived = used[:0]
	return next
}

// written makes room for n more bytes.
func (f *flow) written(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.underway -= n
	f.changed.Broadcast()
}

// abandon ends all waiting, now and later.
func (f *flow) abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.abandoned = true
	f.changed.Broadcast()
}

// writeTo writes what arrives to receiver. It returns io.EOF if the sender has
// ended its stream, and otherwise what ended the connection.
func (f *flow) writeTo(receiver net.Conn) error {
	var packets []packet
	for {
		packets = f.next(packets)
		if len(packets) == 0 {
			return net.ErrClosed
		}
		for _, p := range packets {
			if p.end != nil {
				return p.end
			}
			n := len(*p.data)
			if _, err := receiver.Write(*p.data); err != nil {
				return err
			}
			p.release()
			f.written(n)
		}
	}
}

// readFrom sends what it reads from sender into the direction, and at last the
// error that ended it.
func (f *flow) readFrom(sender net.Conn, d *direction) {
	for {
		buf := d.buffer()
		n, err := sender.Read(*buf)
		if n > 0 {
			*buf = (*buf)[:n]
			if !f.reserve(n) || !d.send(packet{flow: f, data: buf}) {
				return
			}
		}
		if err != nil {
			d.send(packet{flow: f, end: err})
			return
		}
	}
}

// forward carries one direction of a connection until it has ended. When the
// sender ends its stream, the receiver's stream ends, and the other direction
// remains open.
func (l *Link) forward(d *direction, sender, receiver net.Conn) {
	f := newFlow()
	defer context.AfterFunc(l.ctx, f.abandon)()
	var reading sync.WaitGroup
	reading.Go(func() { f.readFrom(sender, d) })
	if err := f.writeTo(receiver); err == io.EOF {
		receiver.(*net.TCPConn).CloseWrite()
	} else {
		sender.Close()
		receiver.Close()
	}
	f.abandon()
	reading.Wait()
}
