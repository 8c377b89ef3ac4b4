package link

import (
	"context"
	"io"
	"net"
	"sync"
)

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
